internal import CSandbox
internal import Glibc
internal import Synchronization

/// A step that was started. Letting go of it before `wait` has returned kills it.
public final class RunningStep: Sendable {
    /// Of the step's process 1: readable when all its processes are gone. It belongs to this object.
    public let pidfd: CInt
    /// What the step really has: `host` when a private stack cannot be had.
    public let network: StepNetwork
    /// Why `network` is not what the spec asked for.
    public let networkNote: String?

    private let spec: StepSpec
    private let reply: CInt
    private let counter: OutOfMemoryCounter
    private let killsBefore: Int
    private let end = Mutex<Result<StepExit, SandboxError>?>(nil)

    init(spec: StepSpec, started: csb_step_started, reply: CInt, counter: OutOfMemoryCounter, killsBefore: Int) {
        self.spec = spec
        self.reply = reply
        self.counter = counter
        self.killsBefore = killsBefore
        pidfd = started.pidfd
        network = StepNetwork(code: started.network) ?? spec.network
        let note = text(of: started.note)
        networkNote = note.isEmpty ? nil : note
    }

    deinit {
        if end.withLock({ $0 == nil }) { kill() }
        close(reply)
        close(pidfd)
    }

    /// Waits for the end of the step: then none of its processes is left, and `upper` holds all it wrote. Blocks.
    ///
    /// A program that cannot be started is an exit (127 or 126), a sandbox that cannot be built is thrown.
    public func wait() throws(SandboxError) -> StepExit {
        let result = end.withLock { end in
            if let end { return end }
            let fresh = Result { () throws(SandboxError) in try receiveEnd() }
            end = fresh
            return fresh
        }
        return try result.get()
    }

    /// Asks all processes of the step to end (SIGTERM), and kills what is left after `grace`. Blocks until then;
    /// `wait` still tells the end.
    public func terminate(grace: Duration = .seconds(1)) {
        _ = csb_pidfd_send_signal(pidfd, SIGTERM)
        if !ends(within: grace) { kill() }
    }

    private func kill() {
        _ = csb_pidfd_send_signal(pidfd, csb_kill_signal(csb_executor().pointee.rung))
    }

    private func ends(within time: Duration) -> Bool {
        var polled = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
        let milliseconds = time / .milliseconds(1)
        return poll(&polled, 1, CInt(milliseconds)) == 1
    }

    private func receiveEnd() throws(SandboxError) -> StepExit {
        var usage = csb_usage()
        var failure = csb_failure()
        let result = csb_step_wait(reply, &usage, &failure)
        let used = ProcessUsage(usage)
        if result >= 0 {
            return StepExit(
                status: WaitStatus(usage.status), ranOutOfMemory: counter.value > killsBefore, usage: used)
        }
        if failure.isTooManyProcesses { return StepExit(killedForProcesses: used) }
        guard failure.isFailedExec else { throw failure.asError }
        return StepExit(program: spec.arguments.first ?? "", errno: failure.error, usage: used)
    }
}
