internal import Jobs
internal import OCI
internal import Planning
internal import Storage
internal import Synchronization

/// The caches that the images of one run share with other machines: looked up in while steps wait, written to behind them.
///
/// Nothing that goes wrong here fails an image: what cannot be had is a miss, and is told once.
final class SharedCache: Sendable {
    private struct LookUp: Hashable, Sendable {
        let place: CachePlace
        let key: Digest
    }

    private struct State {
        var places: [CachePlace: any StepPlace] = [:]
        /// Places that could not be asked.
        var silent: Set<CachePlace> = []
        /// Entries that are not what they say, by place.
        var damaged: Set<LookUp> = []
        /// Where a key was found in this run.
        var found: [Digest: CachePlace] = [:]
        /// Layers of those, by digest.
        var layers: [Digest: Digest] = [:]
        /// What was written, or is about to be.
        var written: Set<LookUp> = []
        /// Places that take no more.
        var full: Set<CachePlace> = []
        var pending = 0
    }

    private let library: ImageLibrary
    private let marks: SharedMarks
    private let startedAt: Int64
    private let now: @Sendable () -> Double
    private let warn: @Sendable (String) async -> Void
    private let queue: @Sendable (StepWrite) -> Void
    private let lookUps = SharedWork<LookUp, FoundStep?>()
    private let gate = Gate(width: 4)
    private let state = Mutex(State())

    /// - Parameter queue: called with what is to be written; whoever gets it calls `write`.
    init(
        library: ImageLibrary, state: StateFolder, now: @escaping @Sendable () -> Double,
        warn: @escaping @Sendable (String) async -> Void, queue: @escaping @Sendable (StepWrite) -> Void
    ) {
        self.library = library
        self.now = now
        startedAt = Int64(now())
        self.warn = warn
        self.queue = queue
        marks = SharedMarks(state, now: now())
    }

    // MARK: - Finding

    func find(_ key: Digest, in cache: PlannedCache) async -> SharedStepAnswer {
        var reason: String?
        for place in cache.places where isAsked(place) && !state.withLock({ $0.silent.contains(place) }) {
            let lookUp = LookUp(place: place, key: key)
            if state.withLock({ $0.damaged.contains(lookUp) }) {
                reason = MissWord.damaged
                continue
            }
            do {
                guard let found = try await lookUps.value(for: lookUp, { try await self.open(place).find(key) })
                else { continue }
                if let age = cache.ageInSeconds, now() - Double(found.step.recorded) > age {
                    reason = reason ?? MissWord.expired
                    continue
                }
                note(found, at: place)
                return SharedStepAnswer(step: found.step, place: place.description)
            } catch is CancellationError {
                return SharedStepAnswer()
            } catch let fault as StepFault {
                await distrust(lookUp, "\(fault)")
                reason = MissWord.damaged
            } catch {
                await silence(place, error)
            }
        }
        return SharedStepAnswer(reason: reason)
    }

    /// Offline only folders are.
    private func isAsked(_ place: CachePlace) -> Bool {
        if case .folder = place { return true }
        return !library.isOffline
    }

    private func note(_ found: FoundStep, at place: CachePlace) {
        library.note(found.source, of: found.step.layer.digest)
        state.withLock { state in
            state.found[found.step.key] = place
            state.layers[found.step.layer.digest] = found.step.key
        }
    }

    /// The step's layer turned out to be another.
    func distrust(_ key: Digest, _ reason: String) async {
        guard let place = state.withLock({ $0.found.removeValue(forKey: key) }) else { return }
        await distrust(LookUp(place: place, key: key), reason)
    }

    /// Whether it is the layer of a step that was found here; then it is not any more, and the next place may have it.
    func distrust(layer: Digest, _ reason: String) async -> Bool {
        guard let key = state.withLock({ $0.layers.removeValue(forKey: layer) }) else { return false }
        library.forget(layer)
        await distrust(key, reason)
        return true
    }

    private func distrust(_ lookUp: LookUp, _ reason: String) async {
        guard state.withLock({ $0.damaged.insert(lookUp).inserted }) else { return }
        await warn(
            "cache \(lookUp.place): the entry of step \(lookUp.key.short) cannot be used: \(reason); the step runs")
    }

    private func silence(_ place: CachePlace, _ error: any Error) async {
        guard state.withLock({ $0.silent.insert(place).inserted }) else { return }
        await warn("cache \(place) cannot be read: \(JobFailure(error).summary); steps that only it has will run")
    }

    private func open(_ place: CachePlace) -> any StepPlace {
        state.withLock { state in
            if let open = state.places[place] { return open }
            let open = make(place)
            state.places[place] = open
            return open
        }
    }

    private func make(_ place: CachePlace) -> any StepPlace {
        switch place {
        case .repository(let reference):
            RegistrySteps(repository: reference, registry: library.registry, blobs: library.blobs)
        case .folder(let path): FolderSteps(folder: path, blobs: library.blobs)
        case .image(let reference):
            ImageSteps(image: reference, registry: library.registry, blobs: library.blobs) { [warn] in
                await warn(
                    "cache.from: \(reference) has no list of its steps: it was not pushed by build-all with cache.repo or "
                        + "cache.from")
            }
        }
    }

    // MARK: - Writing

    /// Takes a step of an image for the cache that the image writes to, if that does not have it.
    func keep(_ step: SharedStep, isFinal: Bool, in cache: PlannedCache) {
        guard cache.isWritten, let place = cache.repository, isAsked(place), cache.hasAllStages || isFinal else {
            return
        }
        let lookUp = LookUp(place: place, key: step.key)
        let isWanted = state.withLock { state in
            guard !state.full.contains(place), !state.silent.contains(place), state.found[step.key] != place,
                state.written.insert(lookUp).inserted
            else { return false }
            state.pending += 1
            return true
        }
        if isWanted { queue(StepWrite(step: step, place: place)) }
    }

    /// Whether everything that was taken is written, or was given up.
    var isIdle: Bool { state.withLock { $0.pending == 0 } }
    var pending: Int { state.withLock { $0.pending } }

    /// Writes what `keep` took.
    func write(_ write: StepWrite) async {
        defer { state.withLock { $0.pending -= 1 } }
        do {
            try await gate.pass { try await put(write) }
        } catch is CancellationError {
            return
        } catch {
            guard state.withLock({ $0.full.insert(write.place).inserted }) else { return }
            await warn("cache \(write.place) cannot be written: \(JobFailure(error).summary)")
        }
    }

    private func put(_ write: StepWrite) async throws {
        let (isGivenUp, isDamaged) = state.withLock { state in
            (state.full.contains(write.place), state.damaged.contains(LookUp(place: write.place, key: write.step.key)))
        }
        let mark = marks.mark(write.step, write.place)
        guard !isGivenUp, try isDamaged || !marks.has(mark) else { return }
        guard try library.blobs.size(of: write.step.layer.digest) == write.step.layer.size else { return }
        let place = open(write.place)
        // What just ran replaces what is there; what was here before only fills a gap.
        let isNew = isDamaged || write.step.recorded >= startedAt
        let isMissing = isNew ? true : try await !place.has(write.step.key)
        if isMissing { try await place.put(write.step, replacing: isDamaged) }
        try marks.set(mark)
    }

    // MARK: - Lists of images

    /// Publishes the list of an image's steps, for those who read it as `cache.from`.
    func publish(_ steps: [SharedStep], of result: JobResult, to references: [ImageReference]) async {
        let layers = Set(result.layers.map(\.digest))
        let own = steps.filter { layers.contains($0.layer.digest) }
        guard !own.isEmpty else { return }
        for reference in Publisher.repositories(of: references) {
            do {
                try await ImageSteps.publish(
                    own, of: result.manifest, to: reference, registry: library.registry, blobs: library.blobs)
            } catch is CancellationError {
                return
            } catch {
                await warn("the list of steps of \(reference) cannot be written: \(JobFailure(error).summary)")
            }
        }
    }
}

/// A step to be written to a place.
struct StepWrite: Sendable {
    let step: SharedStep
    let place: CachePlace
}

/// Why there is no result, in the ledger's words.
private enum MissWord {
    static let expired = "expired"
    static let damaged = "cache_damaged"
}
