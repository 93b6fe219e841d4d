internal import DockerfileFrontend
internal import Jobs
internal import OCI
internal import Sandbox
internal import Storage
internal import Synchronization

/// Builds the image of a job: the stages that its target reaches, side by side where they do not wait for each other.
///
/// What stages share is here; each part that changes has its own lock.
final class ImageBuild: Sendable {
    let job: Job
    let dockerfile: Dockerfile
    let scope: GlobalScope
    /// Upper bound of the times of history and config: the job's, else SOURCE_DATE_EPOCH.
    let epoch: Int64?
    let stores: Stores
    let scheduler: any SchedulerLink
    let zygote: StepZygote
    let log: StepLog
    let chain: LayerChain
    let runner: StepRunner
    let bases: BaseImages
    let contexts: ContextFolders
    let drafts: Drafts
    let roots: any StepRoots
    let stages: StageResults
    let steps: RunningSteps
    let watch: StepWatch
    /// Without the triggers of base images.
    private let firstGraph: StageGraph
    let isolation: Rung
    private let warned = Once<String>()
    private let finalStages = StageSet()
    private let isCancelledOutside: @Sendable () -> Bool

    init(
        job: Job, stores: Stores, scheduler: any SchedulerLink, zygote: StepZygote, log: StepLog,
        isolation: Rung, isCancelled: @escaping @Sendable () -> Bool
    ) throws {
        self.job = job
        self.stores = stores
        self.scheduler = scheduler
        self.zygote = zygote
        self.log = log
        self.isolation = isolation
        isCancelledOutside = isCancelled
        dockerfile = try Dockerfile(parsing: job.dockerfile.bytes, name: job.dockerfile.name)
        let given = try GlobalScope(
            dockerfile, buildArguments: job.buildArguments, targetPlatform: PlatformValues(job.platform),
            buildPlatform: PlatformValues(.host), target: job.target)
        let epoch = try StageGraph(dockerfile, of: job, scope: given).sourceDateEpoch()
        let seconds = try EpochSource(job: job, scheduler: scheduler).seconds(epoch)
        self.epoch = job.epoch ?? seconds
        scope = epoch == nil ? given : given.settingSourceDateEpoch(seconds)
        firstGraph = try StageGraph(dockerfile, of: job, scope: scope)
        watch = StepWatch(job.limits, watchesMemory: !zygote.countsMemory, log: log)
        runner = try StepRunner(
            job: job, epoch: self.epoch, stores: stores, scheduler: scheduler, log: log, watch: watch)
        chain = LayerChain(stores, scheduler: scheduler)
        bases = BaseImages(job: job, blobs: stores.blobs, scheduler: scheduler)
        contexts = ContextFolders(state: stores.state)
        drafts = Drafts(store: stores.layers)
        roots =
            switch isolation {
            case .jail: FolderRoots(chain: chain, drafts: drafts, store: stores.layers)
            case .inplace:
                InPlaceRoots(
                    chain: chain, drafts: drafts, store: stores.layers,
                    container: try InPlaceContainer(job, scheduler: scheduler))
            default: OverlayRoots(chain: chain, drafts: drafts, store: stores.layers)
            }
        stages = StageResults()
        steps = RunningSteps()
    }

    /// Builds everything and puts the image into the store. Leaves nothing in `tmp/`, however it ends.
    func run() throws -> JobResult {
        defer { drafts.remove() }
        let result = Result { try build() }
        try roots.end()
        return try result.get()
    }

    private func build() throws -> JobResult {
        let graph = try withTriggers(firstGraph)
        try check(graph)
        finalStages.set(graph.finalStages)
        try checkFreshStages(graph)
        var state = try StageCrew(image: self, graph: graph).build()
        if let last = state.history.last, last.created == nil {
            state.setMissingTimes(try firstCreationTime(of: last.createdBy ?? "", in: graph))
        }
        try contexts.save()
        if !job.explains {
            let repacking = Repacking(compression: job.compression, stores: stores, chain: chain)
            state.layers = try repacking.layers(state.layers)
            if job.mergesLayers { try LayerMerge(job: job, stores: stores, chain: chain).run(on: &state) }
        }
        if let output = job.rootfsOutput { try writeRootfs(of: state, to: output) }
        let (config, manifest) = try ImageAssembly(job: job, blobs: stores.blobs).write(state)
        return JobResult(
            manifest: manifest, config: config, layers: state.layers.map(\.descriptor), diffIDs: state.diffIDs,
            rootfsDigest: Digest(of: state.diffIDs.map(\.description).joined(separator: "\n").utf8),
            steps: runner.count.steps, cachedSteps: runner.count.cached, baseDigest: state.base?.digest,
            baseLabels: state.base?.labels ?? [:])
    }

    private func checkFreshStages(_ graph: StageGraph) throws {
        let names = Set(dockerfile.stages.flatMap { [$0.name?.lowercased() ?? "", "\($0.index)"] })
        for name in job.freshStages where !names.contains(name.lowercased()) {
            let text = "cache.fresh: \(dockerfile.name) has no stage \(name)"
            throw JobFailure(class: .dockerfile, message: text, summary: text)
        }
    }

    /// Whether the layers of a stage are in the image.
    func isFinal(_ stage: Int) -> Bool { finalStages.contains(stage) }

    /// Triggers of base images may need further stages: all base images are resolved before the first stage is built.
    private func withTriggers(_ graph: StageGraph) throws -> StageGraph {
        var graph = graph
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
        return graph
    }

    /// Errors of the body are errors of the stage's FROM line, unless they have a place of their own.
    func locating<Result>(_ stage: ResolvedStage, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch ExecutionError.wouldRun(let step) {
            throw ExecutionError.wouldRun(step: step)
        } catch let lost as LostStep {
            throw lost
        } catch {
            throw failure(error, at: stage.stage.lines)
        }
    }

    /// Says what the build runs in; again, once a private network turns out not to be had.
    func announce(privateNetwork: NetworkMode) throws {
        let steps = firstGraph.stages.reduce(0) { $0 + $1.layerCount }
        try scheduler.send(
            .started(ExecutorStarted(isolation: isolation.rawValue, privateNetwork: privateNetwork, steps: steps)))
    }

    /// Says a thing about the machine once, not at every step.
    func warnOnce(_ message: String, line: Int) throws -> Bool {
        guard warned.isFirst(message) else { return false }
        try scheduler.send(.warning(Warning(message: message, line: line)))
        return true
    }

    /// Throws once the job is to end, or another stage has failed.
    func checkCancellation() throws {
        if isCancelledOutside() || stages.isOver { throw ExecutionError.cancelled }
    }

    // MARK: - What instructions need

    func baseState(of stage: ResolvedStage) throws -> StageState {
        let platform = try stage.platform.map { try Platform($0) } ?? job.platform
        return switch stage.base {
        case .scratch: .scratch(job.platform)
        case .stage(let index): try stages.state(of: index)
        case .image(let text): try bases.image(ImageReference(text), platform: platform, role: .base)
        case .context(let name): try bases.named(name, platform: platform)
        }
    }

    /// What COPY reads: a source of the stage graph, or without one the main context. Waits for a stage that is built.
    func origin(of source: StageSource?) throws -> CopyOrigin {
        switch source {
        case nil:
            guard let path = job.contextFolder else { throw ExecutionError.noContext }
            return .folder(try contexts.folder(path, ignoreFile: job.ignoreFile))
        case .scratch?: return .layers([])
        case .stage(let index)?: return .layers(try stages.state(of: index).layers)
        case .image(let text)?:
            return .layers(try bases.image(ImageReference(text), platform: job.platform, role: .copyFrom).layers)
        case .context(let name)?:
            if let folder = try contexts.folder(named: name, job: job, scheduler: scheduler) { return .folder(folder) }
            return .layers(try bases.named(name, platform: job.platform).layers)
        }
    }

    /// The time of an image of config instructions alone: remembered, so that a rebuild has the same.
    private func firstCreationTime(of text: String, in graph: StageGraph) throws -> String {
        var key = StepKey(kind: "config", platform: job.platform)
        key.add("stage", "\(graph.target)")
        key.add("text", text)
        return try runner.creationTime(key: key)
    }
}

extension ResolvedStage {
    /// Steps that make a layer, or may: WORKDIR of the root makes none.
    var layerCount: Int { instructions.count(where: \.makesLayer) }
}

extension Instruction {
    var makesLayer: Bool { [.run, .copy, .add, .workdir].contains(keyword) }
}

/// Stages, once they are known.
private final class StageSet: Sendable {
    private let stages = Mutex<Set<Int>>([])

    func set(_ value: Set<Int>) { stages.withLock { $0 = value } }
    func contains(_ stage: Int) -> Bool { stages.withLock { $0.contains(stage) } }
}

extension StageGraph {
    /// The target and the stages that it stands on.
    fileprivate var finalStages: Set<Int> {
        var found: Set<Int> = []
        var next: Int? = target
        while let index = next, found.insert(index).inserted {
            guard case .stage(let base)? = stages.first(where: { $0.index == index })?.base else { break }
            next = base
        }
        return found
    }
}

extension StageGraph {
    fileprivate init(_ dockerfile: Dockerfile, of job: Job, scope: GlobalScope) throws {
        try self.init(
            dockerfile, scope: scope, namedContexts: Set(job.namedContexts.keys), folderContexts: job.folderContexts)
    }
}
