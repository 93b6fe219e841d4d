internal import CSandbox
internal import Glibc
public import SystemPackage

/// What an executor was given: its job, the socket to the scheduler, and the zygote for its steps.
///
/// The namespaces exist before `main`: a C constructor makes them while the process has one thread, forks the zygote,
/// and then forbids the process sockets and new programs.
public final class ExecutorEnvironment: Sendable {
    /// The bytes that `ExecutorProcess.spawn` was given.
    public let job: [UInt8]
    /// Events out, requests out, responses in.
    public let socket: MessageSocket
    public let rung: Rung
    public let stateFolder: FilePath
    public let zygote: StepZygote

    /// Readable for ever once the executor was told to stop, for poll.
    public let cancellationFD: CInt

    /// Has the executor been told to stop? Its steps then get SIGTERM, a second later SIGKILL, and new ones are refused.
    public var isCancelled: Bool { csb_is_cancelled() }

    /// Takes over what the constructor prepared. To be called once.
    ///
    /// Throws `notAnExecutor` in a process that `ExecutorProcess.spawn` did not start.
    public static func enter() throws(SandboxError) -> ExecutorEnvironment {
        let executor = csb_executor().pointee
        guard executor.is_executor, let rung = Rung(code: executor.rung) else { throw .notAnExecutor }
        return ExecutorEnvironment(executor, rung: rung)
    }

    private init(_ executor: csb_executor, rung: Rung) {
        self.rung = rung
        job = Array(UnsafeBufferPointer(start: executor.job, count: executor.job_length))
        socket = MessageSocket(owning: 4)
        stateFolder = FilePath(String(cString: executor.state_folder))
        cancellationFD = executor.cancelled_fd
        zygote = StepZygote(
            stateFolder: stateFolder,
            outOfMemoryCounter: OutOfMemoryCounter(file: String(cString: executor.oom_file)))
    }
}
