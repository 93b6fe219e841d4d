internal import DockerfileFrontend
internal import FileSystem
internal import Jobs
internal import OCI
internal import Sandbox
internal import Storage
internal import SystemPackage

/// Builds the image of a job: the stages that its target reaches, one after the other.
final class ImageBuild {
    let job: Job
    let dockerfile: Dockerfile
    let runner: StepRunner
    let scope: GlobalScope
    private var graph: StageGraph
    let stores: Stores
    let scheduler: any SchedulerLink
    let zygote: StepZygote
    let log: StepLog
    let chain: LayerChain
    let isCancelled: () -> Bool
    private let isolation: String
    private var states: [Int: StageState] = [:]
    private var folders: [String: ContextFolder] = [:]
    private var images: [String: StageState] = [:]
    private var stepNumber = 0
    /// A lower layer for what stands on nothing; made when it is needed.
    var empty: FilePath?
    private var warned: Set<String> = []
    /// Folders below `tmp/`; those that became layers are gone from there.
    var drafts: [FilePath] = []

    init(
        job: Job, stores: Stores, scheduler: any SchedulerLink, zygote: StepZygote, log: StepLog,
        isolation: String, isCancelled: @escaping () -> Bool
    ) throws {
        self.job = job
        self.stores = stores
        self.scheduler = scheduler
        self.zygote = zygote
        self.log = log
        self.isolation = isolation
        self.isCancelled = isCancelled
        dockerfile = try Dockerfile(parsing: job.dockerfile.text, name: job.dockerfile.name)
        scope = try GlobalScope(
            dockerfile, buildArguments: job.buildArguments, targetPlatform: PlatformValues(job.platform),
            target: job.target)
        graph = try StageGraph(dockerfile, scope: scope, namedContexts: Set(job.namedContexts.keys))
        runner = StepRunner(job: job, stores: stores, scheduler: scheduler, log: log)
        chain = LayerChain(store: stores.layers, blobs: stores.blobs, scheduler: scheduler)
    }

    /// Number of steps that make a layer, as far as it is known before the base images are.
    var plannedSteps: Int {
        graph.stages.reduce(0) { sum, stage in
            sum + stage.instructions.count { [.run, .copy, .add, .workdir].contains($0.keyword) }
        }
    }

    /// Builds everything and puts the image into the store. Leaves nothing in `tmp/`, however it ends.
    func run() throws -> JobResult {
        defer { removeDrafts() }
        for warning in graph.warnings + scope.warnings { try warn(warning) }
        try addTriggers()
        for stage in graph.stages { states[stage.index] = try build(stage) }
        guard let state = states[graph.target] else {
            throw ExecutionError.protocolViolation("the target was not built")
        }
        for folder in folders.values { try folder.save() }
        if let output = job.rootfsOutput { try writeRootfs(of: state, to: output) }
        let (config, manifest) = try ImageAssembly(job: job, blobs: stores.blobs).write(state)
        return JobResult(
            manifest: manifest, config: config, layers: state.layers.map(\.descriptor), diffIDs: state.diffIDs,
            rootfsDigest: Digest(of: state.diffIDs.map(\.description).joined(separator: "\n").utf8),
            steps: runner.steps, cachedSteps: runner.cachedSteps, baseDigest: state.base?.digest,
            baseLabels: state.base?.labels ?? [:])
    }

    /// Triggers of base images may need further stages: all base images are resolved before the first stage is built.
    private func addTriggers() throws {
        var seen: Set<Int> = []
        while let stage = graph.stages.first(where: { !seen.contains($0.index) }) {
            seen.insert(stage.index)
            switch stage.base {
            case .scratch, .stage: continue
            case .image, .context:
                let triggers = try locating(stage) { try baseState(of: stage).config.onBuild ?? [] }
                if !triggers.isEmpty { graph = try graph.adding(triggers: triggers, to: stage.index) }
            }
        }
    }

    private func build(_ stage: ResolvedStage) throws -> StageState {
        try locating(stage) {
            let build = StageBuild(stage, of: self, on: try baseState(of: stage).inherited())
            try build.run()
            return build.state
        }
    }

    /// Errors of the body are errors of the stage's FROM line, unless they have a place of their own.
    private func locating<Result>(_ stage: ResolvedStage, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            throw failure(error, at: stage.stage.lines)
        }
    }

    /// Says what the build runs in; again, once a private network turns out not to be had.
    func announce(privateNetwork: NetworkMode) throws {
        try scheduler.send(
            .started(ExecutorStarted(isolation: isolation, privateNetwork: privateNetwork, steps: plannedSteps)))
    }

    /// Says a thing about the machine once, not at every step.
    func warnOnce(_ message: String, line: Int) throws -> Bool {
        guard warned.insert(message).inserted else { return false }
        try scheduler.send(.warning(Warning(message: message, line: line)))
        return true
    }

    // MARK: - Bases

    private func baseState(of stage: ResolvedStage) throws -> StageState {
        let platform = try stage.platform.map { try Platform($0) } ?? job.platform
        switch stage.base {
        case .scratch: return .scratch(job.platform)
        case .stage(let index): return try state(ofStage: index)
        case .image(let text): return try image(ImageReference(text), platform: platform, role: .base)
        case .context(let name): return try namedBase(name, platform: platform)
        }
    }

    private func state(ofStage index: Int) throws -> StageState {
        guard let state = states[index] else {
            throw ExecutionError.protocolViolation("stage \(index) is needed before it is built")
        }
        return state
    }

    private func namedBase(_ name: String, platform: Platform) throws -> StageState {
        switch job.namedContexts[name] {
        case .image(let reference)?: return try image(reference, platform: platform, role: .base)
        case .sibling(let sibling)?: return try siblingImage(sibling, role: .parent)
        case .layout(let folder, let reference)?:
            return try image(
                key: "oci-layout:\(folder) \(reference ?? "")",
                request: .resolveLayout(folder: folder, reference: reference, platform), role: .base)
        case .scratch?: return .scratch(job.platform)
        case .folder?, .git?, .archive?:
            throw ExecutionError.invalidArgument("the context \"\(name)\" is a folder: it cannot be a base image")
        case nil: throw ExecutionError.protocolViolation("there is no context \"\(name)\"")
        }
    }

    private func image(_ reference: ImageReference, platform: Platform, role: Material.Role) throws -> StageState {
        try image(key: "\(reference) \(platform)", request: .resolve(reference, platform), role: role)
    }

    private func siblingImage(_ name: String, role: Material.Role) throws -> StageState {
        try image(key: "image:\(name)", request: .resolveSibling(image: name), role: role)
    }

    private func image(key: String, request: ExecutorRequest, role: Material.Role) throws -> StageState {
        if let state = images[key] { return state }
        switch try scheduler.request(request) {
        case .resolved(let image):
            let config = try OCIDocument.decode(ImageConfig.self, from: stores.blobs.read(image.config.digest))
            let layers = zip(image.layers, image.diffIDs).enumerated().map { index, layer in
                ChainLayer(
                    descriptor: layer.0, diffID: layer.1,
                    origin: image.source == nil ? nil : ChainLayer.Origin(image: image, index: index))
            }
            try scheduler.send(
                .material(
                    Material(
                        role: image.source == nil && role == .base ? .parent : role, reference: image.reference,
                        digest: image.manifest.digest)))
            let state = StageState(image: config, layers: layers, digest: image.manifest.digest)
            images[key] = state
            return state
        case .failed(let failure): throw ExecutionError.imageUnavailable(failure)
        default: throw ExecutionError.protocolViolation("no image where one was asked for")
        }
    }

    // MARK: - What instructions need

    /// What COPY reads: a source of the stage graph, or without one the main context.
    func origin(of source: StageSource?, named name: String?) throws -> CopyOrigin {
        switch source {
        case nil:
            guard let path = job.contextFolder else { throw ExecutionError.noContext }
            return .folder(try folder(path, ignoreFile: job.ignoreFile))
        case .scratch?: return .layers([])
        case .stage(let index)?: return .layers(try state(ofStage: index).layers)
        case .image(let text)?:
            return .layers(try image(ImageReference(text), platform: job.platform, role: .copyFrom).layers)
        case .context(let name)?:
            if case .folder(let path, let ignoreFile)? = job.namedContexts[name] {
                return .folder(try folder(path, ignoreFile: ignoreFile))
            }
            return .layers(try namedBase(name, platform: job.platform).layers)
        }
    }

    private func folder(_ path: String, ignoreFile: String?) throws -> ContextFolder {
        if let folder = folders[path] { return folder }
        let folder = try ContextFolder(path: path, ignoreFile: ignoreFile, state: stores.state)
        folders[path] = folder
        return folder
    }

    func nextStepNumber() -> Int {
        stepNumber += 1
        return stepNumber
    }

    /// The time of a config instruction that no layer came before: remembered, so that a rebuild has the same.
    func firstCreationTime(of text: String, in build: StageBuild) throws -> String {
        var key = StepKey(kind: "config", platform: job.platform)
        key.add("stage", build.name)
        key.add("text", text)
        return try runner.creationTime(key: key)
    }
}

extension PlatformValues {
    fileprivate init(_ platform: Platform) {
        self.init(
            os: platform.os, architecture: platform.architecture, variant: platform.variant ?? "",
            osVersion: platform.osVersion ?? "")
    }
}
