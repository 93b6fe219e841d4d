internal import CSandbox

/// How an executor ended.
public struct ExecutorExit: Equatable, Sendable {
    /// Its exit code, nil when a signal killed it.
    public let code: Int?
    public let signal: Int?
    /// Of the executor, its zygote and all steps.
    public let usage: ProcessUsage
    /// Kills in its control group for lack of memory.
    public let outOfMemoryKills: Int

    init(_ usage: csb_usage, outOfMemoryKills: Int) {
        switch WaitStatus(usage.status) {
        case .exited(let code): (self.code, signal) = (code, nil)
        case .signalled(let number): (code, signal) = (nil, number)
        }
        self.usage = ProcessUsage(usage)
        self.outOfMemoryKills = outOfMemoryKills
    }
}
