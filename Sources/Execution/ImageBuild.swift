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
    private let graph: StageGraph
    private let scope: GlobalScope
    let stores: Stores
    let scheduler: any SchedulerLink
    let zygote: StepZygote
    let log: StepLog
    let chain: LayerChain
    let isCancelled: () -> Bool
    private var states: [Int: StageState] = [:]
    private var folders: [String: ContextFolder] = [:]
    private var images: [String: StageState] = [:]
    private var stepNumber = 0
    /// A lower layer for what stands on nothing; made when it is needed.
    var empty: FilePath?
    private var warned: Set<String> = []

    init(
        job: Job, stores: Stores, scheduler: any SchedulerLink, zygote: StepZygote, log: StepLog,
        isCancelled: @escaping () -> Bool
    ) throws {
        self.job = job
        self.stores = stores
        self.scheduler = scheduler
        self.zygote = zygote
        self.log = log
        self.isCancelled = isCancelled
        dockerfile = try Dockerfile(parsing: job.dockerfile.text, name: job.dockerfile.name)
        scope = try GlobalScope(
            dockerfile, buildArguments: job.buildArguments, platform: job.platform, target: job.target)
        graph = try StageGraph(dockerfile, scope: scope, target: job.target, namedContexts: Set(job.namedContexts.keys))
        runner = StepRunner(job: job, stores: stores, scheduler: scheduler, log: log)
        chain = LayerChain(store: stores.layers, blobs: stores.blobs, scheduler: scheduler)
    }

    /// Number of steps that make a layer, as far as it is known before the base images are.
    var plannedSteps: Int {
        graph.reachable.reduce(0) { sum, stage in
            sum + stage.stage.instructions.filter { [.run, .copy, .add, .workdir].contains($0.keyword) }.count
        }
    }

    /// Builds everything and puts the image into the store.
    func run() throws -> JobResult {
        for stage in graph.reachable { states[stage.stage.index] = try build(stage) }
        guard let target = graph.reachable.last, let state = states[target.stage.index] else {
            throw ExecutionError.protocolViolation("a Dockerfile without stages")
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

    private func build(_ stage: ResolvedStage) throws -> StageState {
        do {
            let build = StageBuild(stage.stage, of: self, on: try baseState(of: stage))
            try build.run()
            return build.state
        } catch {
            throw failure(error, at: stage.stage.lines)
        }
    }

    /// Says a thing about the machine once, not at every step.
    func warnOnce(_ message: String, line: Int) throws {
        if warned.insert(message).inserted { try warn(message, line: line) }
    }

    // MARK: - Bases

    private func baseState(of stage: ResolvedStage) throws -> StageState {
        switch stage.base {
        case .scratch: return .scratch(job.platform)
        case .stage(let index):
            guard let state = states[index] else {
                throw ExecutionError.protocolViolation("stage \(index) is needed before it is built")
            }
            return state.inherited()
        case .image(let text):
            return try image(ImageReference(text), platform: stage.platform ?? job.platform, role: .base)
        case .context(let name): return try namedBase(name)
        }
    }

    private func namedBase(_ name: String) throws -> StageState {
        switch job.namedContexts[name] {
        case .image(let reference)?: return try image(reference, platform: job.platform, role: .base)
        case .sibling(let sibling)?: return try siblingImage(sibling, role: .parent)
        case .folder?:
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

    private func image(key: String, request: ImageRequest, role: Material.Role) throws -> StageState {
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
        case .fetched: throw ExecutionError.protocolViolation("layers where an image was asked for")
        }
    }

    // MARK: - What instructions need

    func origin(of from: String?, in stage: Stage) throws -> CopyOrigin {
        guard let from else {
            guard let path = job.contextFolder else { throw ExecutionError.noContext("/") }
            return .folder(try folder(path, ignoreFile: job.ignoreFile))
        }
        switch try graph.source(named: from, before: stage.index) {
        case .stage(let index):
            guard let state = states[index] else {
                throw ExecutionError.protocolViolation("stage \(index) is needed before it is built")
            }
            return .layers(state.layers)
        case .scratch: return .layers([])
        case .image(let text):
            return .layers(try image(ImageReference(text), platform: job.platform, role: .copyFrom).layers)
        case .context(let name):
            if case .folder(let path, let ignoreFile)? = job.namedContexts[name] {
                return .folder(try folder(path, ignoreFile: ignoreFile))
            }
            return .layers(try namedBase(name).layers)
        }
    }

    private func folder(_ path: String, ignoreFile: String?) throws -> ContextFolder {
        if let folder = folders[path] { return folder }
        let folder = try ContextFolder(path: path, ignoreFile: ignoreFile, state: stores.state)
        folders[path] = folder
        return folder
    }

    /// `--build-arg` before the stage's default before the global value.
    func value(ofArgument name: String, default fallback: String?) -> String? {
        job.buildArguments[name] ?? fallback ?? scope.value(of: name)
    }

    func trigger(_ text: String, of stage: Stage) throws -> Instruction {
        try Instruction(
            trigger: text, escape: dockerfile.escape, lines: stage.lines.lowerBound...stage.lines.lowerBound)
    }

    func displayName(of stage: Stage) -> String {
        stage.name ?? (dockerfile.stages.count == 1 ? "image" : "stage-\(stage.index)")
    }

    func step(_ instruction: Instruction, of build: StageBuild, key: StepKey, createdBy: String) -> LayerStep {
        stepNumber += 1
        return LayerStep(
            number: stepNumber, stage: build.name, title: instruction.text, line: instruction.lines.lowerBound,
            key: key, createdBy: createdBy)
    }

    /// The time of a config instruction that no layer came before: remembered, so that a rebuild has the same.
    func firstCreationTime(of text: String, in build: StageBuild) throws -> String {
        var key = StepKey(kind: "config", platform: job.platform)
        key.add("stage", build.name)
        key.add("text", text)
        return try runner.creationTime(key: key)
    }
}
