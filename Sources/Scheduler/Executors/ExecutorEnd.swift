/// How an executor's process ended, and what it used.
public struct ExecutorEnd: Hashable, Sendable {
    public enum Cause: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    public var cause: Cause
    public var usage: ResourceUsage
    /// The kernel killed processes of its group for lack of memory.
    public var ranOutOfMemory: Bool

    public init(_ cause: Cause, usage: ResourceUsage = ResourceUsage(), ranOutOfMemory: Bool = false) {
        self.cause = cause
        self.ranOutOfMemory = ranOutOfMemory
        self.usage = usage
    }
}

/// What an executor and all that it started have used; nil is unknown.
public struct ResourceUsage: Hashable, Sendable {
    /// User and system time.
    public var cpuMilliseconds: Double?
    /// Of the largest process.
    public var peakMemoryInBytes: Int64?

    public init(cpuMilliseconds: Double? = nil, peakMemoryInBytes: Int64? = nil) {
        self.cpuMilliseconds = cpuMilliseconds
        self.peakMemoryInBytes = peakMemoryInBytes
    }
}

extension ExecutorEnd: CustomStringConvertible {
    public var description: String {
        switch cause {
        case .exited(let status): "exit status \(status)"
        case .signalled(let signal): "signal \(signal)\(Self.names[signal].map { ", \($0)" } ?? "")"
        }
    }

    private static let names: [Int32: String] = [
        4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM",
        31: "SIGSYS",
    ]
}
