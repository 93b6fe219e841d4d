public import Jobs

/// Starts executors: processes of `Sandbox`, or threads in tests.
public protocol ExecutorLaunching: Sendable {
    /// Returns once the process exists. Throws when this machine cannot start it.
    func launch(_ job: Job) async throws -> any RunningExecutor
}

/// An executor and the two descriptors by which it is watched. Both stay open until `close`.
public protocol RunningExecutor: Sendable {
    /// SEQPACKET: an `ExecutorMessage` a packet comes in, an `ImageResponse` a packet goes out.
    var socket: CInt { get }
    /// Readable once the executor is gone: a pidfd.
    var exitDescriptor: CInt { get }
    /// Asks it to end everything that it started, and then itself.
    func terminate()
    /// Ends it and everything that it started.
    func kill()
    /// Says how it ended; does not block once `exitDescriptor` is readable.
    func reap() -> ExecutorEnd
    func close()
}

/// How an executor's process ended.
public enum ExecutorEnd: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
}

extension ExecutorEnd: CustomStringConvertible {
    public var description: String {
        switch self {
        case .exited(let status): "exit status \(status)"
        case .signalled(9): "signal 9 (SIGKILL)"
        case .signalled(11): "signal 11 (SIGSEGV)"
        case .signalled(let signal): "signal \(signal)"
        }
    }
}
