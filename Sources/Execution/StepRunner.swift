internal import DockerfileFrontend
internal import FileSystem
internal import Jobs
internal import Layers
internal import OCI
internal import Storage
internal import Synchronization
internal import SystemPackage

/// A step that makes a layer: looked up in the cache, or else run.
struct LayerStep {
    var number: Int
    var stage: String
    /// One line, for people.
    var title: String
    var line: Int
    var key: StepKey
    /// History's `created_by`.
    var createdBy: String
    /// It runs whatever the cache has.
    var isFresh = false
    /// Its layer is in the image.
    var isFinal = true
}

/// What running a step left behind: an overlay upper directory.
struct StepWork {
    /// Below `tmp/`; becomes the unpacked layer.
    var upper: FilePath
    var lowers: [FilePath]
    var cpuMilliseconds: Double?
    var peakMemoryInBytes: Int64?
    /// Something may be in `upper` that is as the layers below have it: a file that was opened to be written to, a mode
    /// that was set again. None of that is a change.
    var holdsCopies = false
    /// To be called with the layer that came of it.
    var settled: (@Sendable (Digest) -> Void)?

    init(
        upper: FilePath, lowers: [FilePath], holdsCopies: Bool = false, settled: (@Sendable (Digest) -> Void)? = nil
    ) {
        self.upper = upper
        self.lowers = lowers
        self.holdsCopies = holdsCopies
        self.settled = settled
    }
}

/// Finds or makes the layers of steps, and keeps count.
final class StepRunner: Sendable {
    let job: Job
    let stores: Stores
    let scheduler: any SchedulerLink
    private let epoch: Int64?
    private let log: StepLog
    private let watch: StepWatch
    private let permits: StepPermits
    private let ignored: IgnoredPaths
    private let counter = Mutex((steps: 0, cached: 0))

    init(
        job: Job, epoch: Int64?, stores: Stores, scheduler: any SchedulerLink, log: StepLog, watch: StepWatch
    ) throws {
        self.job = job
        self.epoch = epoch
        self.stores = stores
        self.scheduler = scheduler
        self.log = log
        self.watch = watch
        permits = StepPermits(job.limits)
        ignored = try IgnoredPaths(job.ignoredPaths)
    }

    /// Steps so far, and how many of them the cache had.
    var count: (steps: Int, cached: Int) { counter.withLock { $0 } }

    /// Adds the step's layer and history to a stage. `run` is called only when the cache has no result.
    func perform(_ step: LayerStep, on state: inout StageState, run: () throws -> StepWork) throws {
        counter.withLock { $0.steps += 1 }
        try log.beginStep(step.number, "[\(step.stage)] \(step.title)")
        try scheduler.send(
            .stepStarted(
                StepStarted(step: step.number, stage: step.stage, instruction: step.title, line: step.line)))
        let start = ContinuousClock.now
        var ended = StepEnded(
            step: step.number, stage: step.stage, instruction: step.title, cached: true, milliseconds: 0)
        ended.key = step.key.digest.hex
        let record = try found(step, &ended) ?? permits.withPermit { try makeLayer(step, &ended, run: run) }
        ended.milliseconds = (ContinuousClock.now - start).inMilliseconds
        ended.diffID = record.diffID
        ended.layerSizeInBytes = record.layer?.size
        if ended.cached { counter.withLock { $0.cached += 1 } }
        try add(record, step, isCached: ended.cached, to: &state)
        try log.note(
            "#\(step.number) \(ended.cached ? "CACHED" : "DONE")\(ended.cachedFrom.map { " from \($0)" } ?? "")")
        try scheduler.send(.stepEnded(ended))
        if !job.explains { try share(record, step, isOwn: ended.cachedFrom == nil) }
    }

    var place: (LayerStep) -> String {
        { [job] step in "\(job.image) \(job.platform) \(step.stage) \(step.number)" }
    }

    private func makeLayer(_ step: LayerStep, _ ended: inout StepEnded, run: () throws -> StepWork) throws -> StepRecord
    {
        ended.cached = false
        ended.missReason = try ended.missReason ?? missReason(step)
        if job.explains {
            try scheduler.send(.stepEnded(ended))
            throw ExecutionError.wouldRun(step: step.number)
        }
        if job.shell != nil, try stores.steps.hasFailed(step.key.digest) {
            throw ExecutionError.failedBefore(step: step.title)
        }
        let work: StepWork
        do {
            work = try run()
            try watch.add(work.upper)
        } catch {
            try noteFailure(of: step, error)
            throw error
        }
        try ignored.remove(from: work.upper)
        ended.cpuMilliseconds = work.cpuMilliseconds
        ended.peakMemoryInBytes = work.peakMemoryInBytes
        var warnings: [String] = []
        let layer = try commitLayer(
            of: work.upper, lowers: work.lowers, omitsCopies: work.holdsCopies, epoch: job.epoch,
            compression: job.compression, into: stores.blobs,
            warn: { warnings.append($0) })
        for warning in warnings { try scheduler.send(.warning(Warning(message: warning, line: step.line))) }
        _ = try stores.layers.adopt(work.upper, as: layer.diffID)
        work.settled?(layer.diffID)
        var record = StepRecord(
            layer: layer.descriptor, diffID: layer.diffID, newestTime: layer.newestTime, created: creationTime(),
            recorded: FileTime.now.seconds, parts: step.key.summary, compression: job.compression)
        guard job.cache != .off else { return record }
        // A step that came out as it did before keeps its time, and so the image its digest.
        if let old = try stores.steps.known(step.key.digest), old.diffID == record.diffID {
            record.created = old.created
        }
        try stores.steps.record(record, key: step.key.digest, place: place(step)) {
            FileListing.encoded(step.key.listings)
        }
        return record
    }

    /// So that a shell can be opened before the step without running it again.
    private func noteFailure(of step: LayerStep, _ error: any Error) throws {
        guard job.cache != .off, (error as? ExecutionError)?.isFailedCommand == true else { return }
        try stores.steps.noteFailure(of: step.key.digest)
    }

    /// Which part of the key differs from the last build of this step.
    private func missReason(_ step: LayerStep) throws -> String {
        switch job.cache {
        case .off: return MissReason.off
        case .writeOnly: return MissReason.forced
        case .readWrite:
            if step.isFresh { return MissReason.fresh }
            if let record = try stores.steps.find(step.key.digest) {
                return isTooOld(record) ? MissReason.expired : MissReason.timesBeyondEpoch
            }
            guard let before = try stores.steps.previousParts(place: place(step)) else { return MissReason.neverBuilt }
            let files = FileListing.decoded(try stores.steps.previousFiles(place: place(step)))
            return MissReason.changes(from: before, files: files, to: step.key)
        }
    }

    private func add(_ record: StepRecord, _ step: LayerStep, isCached: Bool, to state: inout StageState) throws {
        guard let descriptor = record.layer, let diffID = record.diffID else {
            throw ExecutionError.protocolViolation("a cached step without a layer")
        }
        let compression = record.compression ?? .gzip
        state.layers.append(
            ChainLayer(
                descriptor: descriptor, diffID: diffID, compression: compression,
                key: isCached ? step.key.digest : nil))
        let created = clamped(record.created)
        state.setMissingTimes(created)
        state.created = created
        state.history.append(
            ImageConfig.History(created: created, createdBy: step.createdBy, comment: HistoryText.comment))
        // What will be packed anew, or merged, is not what will be pushed.
        guard compression == job.compression, !job.mergesLayers else { return }
        try scheduler.send(.layer(LayerCommitted(descriptor: descriptor, diffID: diffID)))
    }

    /// The time that is remembered under a key, or now.
    func creationTime(key: StepKey) throws -> String {
        if job.cache != .off, let record = try stores.steps.find(key.digest) { return clamped(record.created) }
        let record = StepRecord(layer: nil, diffID: nil, created: creationTime(), parts: key.summary)
        if job.cache != .off, !job.explains { try stores.steps.record(record, key: key.digest) }
        return record.created
    }

    private func creationTime() -> String {
        let now = FileTime.now
        return clamped(Timestamp.text(seconds: now.seconds, nanoseconds: now.nanoseconds))
    }

    /// No time is later than the epoch.
    private func clamped(_ time: String) -> String {
        guard let epoch else { return time }
        return min(time, Timestamp.text(seconds: epoch))
    }
}

/// The parts of the store that an executor works with.
struct Stores {
    let state: StateFolder
    let blobs: BlobStore
    let layers: LayerStore
    let steps: StepCache
    let mounts: MountStore

    init(_ state: StateFolder) throws {
        self.state = state
        blobs = try BlobStore(state)
        layers = try LayerStore(state)
        steps = try StepCache(state, blobs: blobs)
        mounts = try MountStore(state)
    }
}

extension Duration {
    var inMilliseconds: Double {
        Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15
    }
}
