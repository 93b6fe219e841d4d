internal import FileSystem
internal import Jobs
internal import Planning
internal import Programs
internal import Storage
internal import Synchronization

/// Answers what the executor of one attempt asks for: what its image may have, and nothing else.
final class AttemptDesk: Sendable {
    private let position: Int
    private let image: PlannedImage
    private let services: RunServices
    private let attempt: Attempt
    private let agents: AgentSockets
    /// While the executor has the container's root.
    private let shut = Mutex<ShutBarrier?>(nil)

    init(_ attempt: Attempt, plan: BuildPlan, services: RunServices) {
        self.attempt = attempt
        position = attempt.image
        image = plan.images[position]
        self.services = services
        agents = AgentSockets(folder: services.state.temporary, keys: services.keys)
    }

    /// Call it when the executor is gone: agents are out of its reach then, and programs can be started.
    func close() {
        agents.close()
        shut.withLock { $0 = nil }
    }

    /// Every error becomes an answer.
    func answer(_ request: ExecutorRequest) async -> Answer {
        do {
            return try await serve(request)
        } catch let lost as LostLayer {
            attempt.update { $0.lost.insert(lost.digest) }
            return Answer(.failed(JobFailure(lost.cause)))
        } catch {
            return Answer(.failed(JobFailure(error)))
        }
    }

    private func serve(_ request: ExecutorRequest) async throws -> Answer {
        let library = services.library
        switch request {
        case .resolve(let reference, let platform):
            return Answer(.resolved(try await library.resolve(reference, platform, for: position)))
        case .resolveSibling(let name):
            return Answer(.resolved(try library.sibling(named: name, for: position)))
        case .fetchLayers(let resolved, let indices):
            try await library.fetchLayers(of: resolved, indices)
            return Answer(.fetched)
        case .secret(let id): return try await secret(id)
        case .agent(let id): return Answer(.agent(socket: try await socket(id)))
        case .takeRoot: return try await takeRoot()
        case .terminal: return try terminal()
        case .findStep, .fetchStep, .keepStep, .distrustStep: return try await cached(request)
        case .distrustLayer(let digest):
            attempt.update { $0.lost.insert(digest) }
            return Answer(.noted)
        case .download(let url, let checksum):
            return Answer(.downloaded(try await services.sources.download(url, checksum: checksum)))
        case .checkout(var checkout):
            // Repositories of this machine, and the token of the environment, are for contexts of the manifest, not for
            // whatever a Dockerfile, or an executor, says.
            checkout.usesEnvironmentToken = false
            return Answer(.folder(try await services.sources.checkout(checkout, allowsLocal: false)))
        case .context(let name): return Answer(.folder(try await context(named: name)))
        case .resolveLayout(let folder, let reference, let platform):
            try check(isNamed(.layout(folder: folder, reference: reference)), folder)
            return Answer(
                .resolved(try await services.sources.resolve(layout: folder, reference: reference, platform: platform)))
        }
    }

    /// Steps that machines share.
    private func cached(_ request: ExecutorRequest) async throws -> Answer {
        switch request {
        case .findStep(let key):
            guard let cache = image.cache else { return Answer(.step(SharedStepAnswer())) }
            return Answer(.step(await services.cache.find(key, in: cache)))
        case .fetchStep(_, let layer):
            try await services.library.fetch([layer])
            return Answer(.fetched)
        case .keepStep(let step, let isFinal):
            attempt.update { $0.steps.append(step) }
            if let cache = image.cache { services.cache.keep(step, isFinal: isFinal, in: cache) }
            return Answer(.noted)
        case .distrustStep(let key, let reason):
            await services.cache.distrust(key, reason)
            attempt.update { $0.lostSteps += 1 }
            return Answer(.noted)
        default: preconditionFailure("not a request of the cache")
        }
    }

    /// A tree that the manifest gives the image by name.
    private func context(named name: String) async throws -> FetchedFolder {
        guard case .success(let job) = image.job else { preconditionFailure("only a planned job has an executor") }
        switch job.namedContexts[name] {
        case .git(let checkout)?: return try await services.sources.checkout(checkout, allowsLocal: true)
        case .archive(let source)?: return try await services.sources.unpack(source)
        default: throw stranger("\"\(name)\"")
        }
    }

    /// Whether it is one of the image's named contexts.
    private func isNamed(_ context: NamedContext) -> Bool {
        guard case .success(let job) = image.job else { return false }
        return job.namedContexts.values.contains(context)
    }

    private func check(_ isAllowed: Bool, _ what: String) throws(JobFailure) {
        if !isAllowed { throw stranger(what) }
    }

    private func stranger(_ what: String) -> JobFailure {
        let text = "\(what) is no context of \"\(image.name)\""
        return JobFailure(class: .internal, message: text, summary: text)
    }

    /// It is read at this moment, and kept nowhere.
    private func secret(_ id: String) async throws -> Answer {
        guard let secret = image.secrets.first(where: { $0.id == id }) else { return Answer(.secret(isFound: false)) }
        let file = try await BlockingWork.run { [services] in
            try secret.sealed(variable: services.environment.variable)
        }
        return Answer(.secret(isFound: true), descriptors: [file.fd], owner: file)
    }

    private func socket(_ id: String) async throws -> String? {
        guard let agent = image.agents.first(where: { $0.id == id }) else { return nil }
        return try await agents.socket(for: agent)
    }

    private func takeRoot() async throws -> Answer {
        do {
            let barrier = try await services.environment.barrier.shut()
            shut.withLock { $0 = barrier }
            return Answer(.noted)
        } catch let error as BarrierError {
            let text =
                error == .shut
                ? "another image is built in the root of the container" : "the root of this machine is not for images"
            throw JobFailure(class: .host, message: text, summary: text)
        }
    }

    private func terminal() throws -> Answer {
        guard let lending = services.environment.terminal else {
            throw JobFailure(class: .internal, message: "there is no terminal", summary: "there is no terminal")
        }
        let terminal = try lending.lend()
        return Answer(
            .terminal(isTerminal: terminal.isTerminal), descriptors: terminal.descriptors, owner: terminal.owner)
    }
}
