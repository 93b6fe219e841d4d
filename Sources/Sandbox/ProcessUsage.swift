internal import CSandbox

/// What a process and all that it waited for used.
public struct ProcessUsage: Equatable, Sendable {
    public let userTime: Duration
    public let systemTime: Duration
    /// Resident memory of the largest process, not their sum.
    public let peakMemoryInBytes: Int64

    public var cpuTime: Duration { userTime + systemTime }

    init(_ usage: csb_usage) {
        userTime = .microseconds(usage.user_microseconds)
        systemTime = .microseconds(usage.system_microseconds)
        peakMemoryInBytes = usage.peak_kilobytes * 1024
    }
}

/// How a process ended: its own exit code, or the signal that killed it.
enum WaitStatus {
    case exited(Int)
    case signalled(Int)

    /// `status` as wait(2) fills it in.
    init(_ status: Int32) {
        let signal = Int(status & 0x7f)
        self = signal == 0 ? .exited(Int(status >> 8 & 0xff)) : .signalled(signal)
    }
}
