public import Jobs

/// Starts executors: processes of `Sandbox`, or threads in tests.
public protocol ExecutorLaunching: Sendable {
    /// Returns once the process exists. Throws when this machine cannot start it. May block for milliseconds.
    func launch(_ job: Job) async throws -> any RunningExecutor
}

/// An executor and the two descriptors by which it is watched. Both stay open as long as the object lives.
public protocol RunningExecutor: Sendable {
    /// Can be polled for reading; `receive` reads it.
    var socket: CInt { get }
    /// Readable once the executor is gone, with all that it started.
    var exitDescriptor: CInt { get }
    /// What it could not do as it was asked to; for the user.
    var warnings: [String] { get }
    /// The next message, an `ExecutorMessage`, if it has arrived; does not block.
    func receive() throws -> ExecutorArrival
    /// Sends an `ExecutorAnswer` and copies of descriptors; blocks while the executor does not read. One that is gone is
    /// no error.
    func send(_ message: [UInt8], descriptors: [CInt]) throws
    /// Asks it to end everything that it started, and then itself.
    func terminate()
    /// Ends it and everything that it started.
    func kill()
    /// Says how it ended; does not block once `exitDescriptor` is readable.
    func reap() throws -> ExecutorEnd
}

/// What a look at an executor's socket finds.
public enum ExecutorArrival: Hashable, Sendable {
    case message([UInt8])
    case nothingYet
    /// It has closed its end.
    case end
}
