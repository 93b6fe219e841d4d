public import Jobs
internal import OCI
public import Planning

/// Runs a plan: asks `BatchState` what to do, does it, and tells it what happened.
///
/// Every task is a child of `run`; when that returns, no executor and no task is left. Of the run's events it emits all
/// but `started` and `ended`, which belong to the command.
public final class BatchRunner: Sendable {
    private let plan: BuildPlan
    private let environment: RunEnvironment
    private let inbox: AsyncStream<Notice>
    private let outbox: AsyncStream<Notice>.Continuation

    public init(plan: BuildPlan, environment: RunEnvironment) {
        self.plan = plan
        self.environment = environment
        (inbox, outbox) = AsyncStream.makeStream()
    }

    /// Ctrl-C: everything ends within 2 seconds; the second one kills. For any thread.
    public func interrupt() { outbox.yield(.event(.interrupt)) }

    /// Builds all images of the plan, once. Returns when every image has ended, however it did, with the outcomes in
    /// the order of the plan.
    ///
    /// Throws only what the ledger throws: then all that runs is ended first; and when the state folder cannot be used.
    public func run() async throws -> [ImageOutcome] {
        let workshop = try Workshop(plan: plan, environment: environment, outbox: outbox)
        defer { workshop.close() }
        await withDiscardingTaskGroup { group in
            await drive(workshop, &group)
            group.cancelAll()
        }
        return try workshop.recorder.outcomes()
    }

    private func drive(_ workshop: Workshop, _ group: inout DiscardingTaskGroup) async {
        var state = BatchState(plan: plan, rules: environment.rules)
        var alarm: Duration?
        var closing = Closing()
        outbox.yield(.event(.tick))
        for await notice in inbox {
            switch notice {
            case .layer(let layer, let image): workshop.sendAhead(layer, of: image, &group)
            case .step(let write): workshop.keep(write, &group)
            case .cacheIsIdle: break
            case .cacheIsLate: closing.isLate = true
            case .event(let event):
                if event == .tick { alarm = nil }
                if event == .interrupt { closing.isInterrupted = true }
                for action in state.handle(event, at: environment.clock.now) {
                    await workshop.perform(action, &group)
                }
            }
            if state.isFinished {
                if await isClosed(&closing, workshop, &group) { return }
                continue
            }
            setAlarm(for: state.nextDeadline, &alarm, &group)
        }
    }

    /// All images have ended: what they share with other machines is still being written, but not for ever.
    private func isClosed(
        _ closing: inout Closing, _ workshop: Workshop, _ group: inout DiscardingTaskGroup
    ) async -> Bool {
        if workshop.cache.isIdle || closing.isInterrupted { return true }
        if closing.isLate {
            let text = "\(workshop.cache.pending) steps were not written to the cache in time: they are given up"
            await workshop.recorder.post(.warning(image: nil, message: text))
            return true
        }
        guard !closing.hasBegun else { return false }
        closing.hasBegun = true
        group.addTask { [outbox, clock = environment.clock] in
            do { try await clock.sleep(until: clock.now + Closing.patience) } catch { return }
            outbox.yield(.cacheIsLate)
        }
        return false
    }

    /// One sleeper at a time; a deadline that has moved away is noticed when it wakes.
    private func setAlarm(for deadline: Duration?, _ alarm: inout Duration?, _ group: inout DiscardingTaskGroup) {
        guard let deadline, alarm.map({ deadline < $0 }) ?? true else { return }
        alarm = deadline
        group.addTask { [outbox, clock = environment.clock] in
            do { try await clock.sleep(until: deadline) } catch { return }
            outbox.yield(.event(.tick))
        }
    }
}

/// What tasks tell the loop.
enum Notice: Sendable {
    case event(BatchEvent)
    /// A layer of an image is in the store.
    case layer(Descriptor, image: Int)
    /// A step is to be written to a cache that machines share.
    case step(StepWrite)
    case cacheIsIdle
    /// Writing took too long after the last image's end.
    case cacheIsLate
}

/// The end of a run whose caches are still written to.
private struct Closing {
    static let patience = Duration.seconds(300)

    var hasBegun = false
    var isLate = false
    var isInterrupted = false
}

extension BatchState {
    init(plan: BuildPlan, rules: BatchRules) {
        self.init(graph: plan.graph, images: plan.images.map(BatchImage.init), rules: rules)
    }
}

extension BatchImage {
    fileprivate init(_ image: PlannedImage) {
        var limits = Limits()
        if case .success(let job) = image.job { limits = job.limits }
        self.init(
            seconds: image.seconds, retry: image.retry, timeout: limits.timeoutInSeconds.map { .seconds($0) },
            idle: limits.idleInSeconds.map { .seconds($0) },
            publishes: image.isSelected && !(image.tags.isEmpty && image.outputs.isEmpty))
    }
}
