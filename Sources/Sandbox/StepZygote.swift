internal import CSandbox
internal import SystemPackage

/// The single-threaded process that starts the steps of this executor.
public struct StepZygote: Sendable {
    let stateFolder: FilePath
    let outOfMemoryCounter: OutOfMemoryCounter

    /// Does a control group hold the memory of all steps together?
    public var countsMemory: Bool { !outOfMemoryCounter.file.isEmpty }

    /// Starts a step; several may run at once. Returns when its process exists, before its sandbox is built.
    ///
    /// All descriptors stay the caller's. Without `stdin` the step reads /dev/null. Pipes become the step's user's, so
    /// that it can open /dev/stdout again. With `isTerminal`, `stdin` is a terminal (and no other session's): it becomes
    /// the step's user's, the controlling terminal, and /dev/console when it is one of the machine's /dev/pts.
    /// The first step with a private network also starts the stack, which takes some 20 ms.
    /// Throws `outsideStateFolder`, `containsNUL`, or the call that failed; ECANCELED after the job was cancelled.
    public func start(
        _ spec: StepSpec, stdin: CInt? = nil, stdout: CInt, stderr: CInt, isTerminal: Bool = false
    ) throws -> RunningStep {
        let kills = outOfMemoryCounter.value
        var started = csb_step_started()
        var failure = csb_failure()
        var files = csb_step_files(stdin_fd: stdin ?? -1, stdout_fd: stdout, stderr_fd: stderr, is_terminal: isTerminal)
        let reply = try StepRequest(spec: spec, stateFolder: stateFolder).withRequest { request in
            withUnsafePointer(to: request) { csb_step_start($0, &files, &started, &failure) }
        }
        guard reply >= 0 else { throw failure.asError }
        return RunningStep(
            spec: spec, started: started, reply: reply, counter: outOfMemoryCounter, killsBefore: kills)
    }
}
