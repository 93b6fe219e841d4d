internal import Jobs
internal import OCI
internal import Planning
internal import Synchronization

/// Does what `BatchState` decides: everything that the tasks of one run share.
final class Workshop: Sendable {
    let plan: BuildPlan
    let environment: RunEnvironment
    let library: ImageLibrary
    let services: RunServices
    let publisher: Publisher
    let recorder: Recorder
    let cache: SharedCache
    /// Images that are made again for others: one after the other.
    let remaking = Gate(width: 1)
    let poller = DescriptorPoller()
    let outbox: AsyncStream<Notice>.Continuation
    private let began: Double
    /// The last attempt of each image.
    private let attempts = Mutex<[Int: Attempt]>([:])

    init(plan: BuildPlan, environment: RunEnvironment, outbox: AsyncStream<Notice>.Continuation) throws {
        self.plan = plan
        self.environment = environment
        self.outbox = outbox
        began = environment.clock.secondsSince1970
        let recorder = Recorder(environment: environment) { outbox.yield(.event(.interrupt)) }
        self.recorder = recorder
        library = ImageLibrary(
            plan: plan, blobs: environment.blobs, registry: environment.registry, bases: environment.bases
        ) {
            await recorder.record(.seen($0, $1, at: environment.clock.secondsSince1970))
        }
        cache = SharedCache(
            library: library, state: environment.state, now: { environment.clock.secondsSince1970 },
            warn: { await recorder.post(.warning(image: nil, message: $0)) }, queue: { outbox.yield(.step($0)) })
        services = try RunServices(environment: environment, library: library, cache: cache)
        publisher = Publisher(library: library, keepsImmutableTags: environment.keepsImmutableTags) {
            await recorder.post(.push($0))
        } warn: {
            await recorder.post(.warning(image: $0, message: $1))
        }
    }

    func close() {
        poller.stop()
        services.close()
    }

    /// Returns at once but for the ledger: what takes time becomes a task of the group.
    func perform(_ action: BatchAction, _ group: inout DiscardingTaskGroup) async {
        switch action {
        case .start(let image, let number): await start(image, number, &group)
        case .terminate(let image): current(image)?.control.terminate()
        case .kill(let image): current(image)?.control.kill()
        case .publish(let image, _): publish(image, &group)
        case .cancelPublishing(let image): current(image)?.cancelPublishing()
        case .retry(let image, let number, let pause, let failure): await retry(image, number, pause, failure)
        case .ended(let image, let ending): await end(image, ending)
        }
    }

    /// Sends a layer to where its image will go.
    func sendAhead(_ layer: Descriptor, of image: Int, _ group: inout DiscardingTaskGroup) {
        guard plan.images[image].outputs.contains(.push) else { return }
        group.addTask { [self] in await publisher.sendAhead(layer, of: plan.images[image]) }
    }

    /// Writes a step to a cache that machines share, while others run.
    func keep(_ write: StepWrite, _ group: inout DiscardingTaskGroup) {
        group.addTask { [self] in
            await cache.write(write)
            if cache.isIdle { outbox.yield(.cacheIsIdle) }
        }
    }

    func current(_ image: Int) -> Attempt? { attempts.withLock { $0[image] } }

    private func start(_ image: Int, _ number: Int, _ group: inout DiscardingTaskGroup) async {
        let parents = plan.graph.parents[image].compactMap { current($0)?.facts.builtAt }
        let attempt = Attempt(
            image: image, number: number, build: environment.makeIdentifier(), queued: parents.max() ?? began,
            started: environment.clock.secondsSince1970)
        attempts.withLock { $0[image] = attempt }
        let started = ImageStarted(
            image: plan.images[image].name, platform: plan.images[image].platform, build: attempt.build,
            attempt: number, at: attempt.started,
            log: LogPath(environment, image: plan.images[image].name).relative)
        await recorder.post(.imageStarted(started), build: attempt.build)
        for material in plan.images[image].materials {
            await recorder.post(.image(name: started.image, .material(material)), build: attempt.build)
        }
        group.addTask { [self] in
            let failure = await build(attempt)
            outbox.yield(.event(.executorEnded(image: image, failure: failure)))
        }
    }

    private func retry(_ image: Int, _ number: Int, _ pause: Duration, _ failure: JobFailure) async {
        let retry = RetryScheduled(
            image: plan.images[image].name, attempt: number, delayInSeconds: pause / .seconds(1),
            reason: failure.summary)
        let attempt = current(image)
        // When only its outputs failed the attempt goes on.
        if attempt?.facts.result == nil {
            await recorder.record(.attemptEnded(outcome(of: image, .failed(failure))))
        }
        await recorder.post(.retry(retry), build: attempt?.build)
    }

    private func end(_ image: Int, _ ending: Ending) async {
        await recorder.ended(image, outcome(of: image, ending))
    }

    private func outcome(of image: Int, _ ending: Ending) -> ImageOutcome {
        let planned = plan.images[image]
        var outcome = ImageOutcome(
            planned, ending, current(image), last: environment.lastBuilt[planned.name], plan: plan,
            ended: environment.clock.secondsSince1970)
        if outcome.build != nil, environment.keepsLogs {
            outcome.log = LogPath(environment, image: planned.name).relative
        }
        outcome.reasons = reasons(for: image, outcome.status)
        return outcome
    }

    /// Why the image was built: what is new since its last build in the ledger.
    private func reasons(for image: Int, _ status: BuildStatus) -> [String] {
        guard let attempt = current(image) else { return [] }
        let name = plan.images[image].name
        if environment.lastBuilt[name] == nil { return ["never_built"] }
        let parents = plan.graph.parents[image].filter { parent in
            let digest = current(parent)?.facts.result?.manifest.digest
            return digest != environment.lastBuilt[plan.images[parent].name]
        }
        return parents.map { "parent_rebuilt:\(plan.images[$0].name)" } + attempt.facts.missReasons.prefix(1)
    }
}
