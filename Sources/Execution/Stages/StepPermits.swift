internal import Jobs
internal import Threads

/// How many steps of an image run at once: as many as `limits.cpus` says, or as there are processors.
final class StepPermits: Sendable {
    private let free: Monitor<Int>

    init(_ limits: Limits) {
        let processors = limits.cpus.map { Int($0.rounded(.up)) } ?? WorkerThread.processorCount
        free = Monitor(max(1, min(processors, WorkerThread.processorCount)))
    }

    /// Waits for its turn.
    func withPermit<Result>(_ body: () throws -> Result) rethrows -> Result {
        free.wait { (free: inout Int) -> Void? in
            guard free > 0 else { return nil }
            free -= 1
            return ()
        }
        defer { free.change { $0 += 1 } }
        return try body()
    }
}
