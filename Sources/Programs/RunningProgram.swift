internal import Glibc

/// A program that serves until it is stopped. It ends with us, also when we are killed: see `stop`.
public final class RunningProgram: Sendable {
    private let child: ChildProcess
    private let lifeline: Descriptor

    /// Starts a program whose standard input ends when this object, or this process, does; it has to end then. What it
    /// writes goes nowhere.
    public init(_ program: HostProgram) throws(ProgramError) {
        let (reading, writing) = try Descriptor.pipe()
        let null = Descriptor(owning: open("/dev/null", O_WRONLY | O_CLOEXEC))
        // The program waits for the end; only our side of a pipe does not wait.
        _ = fcntl(reading.fd, F_SETFL, 0)
        child = try withExtendedLifetime((reading, null)) { () throws(ProgramError) in
            try ChildProcess(program, input: reading.fd, output: null.fd, errorOutput: null.fd)
        }
        lifeline = writing
    }

    public var isRunning: Bool {
        var polled = pollfd(fd: child.exit.fd, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) == 0
    }

    /// Says that it serves, has loaded all that it needs and starts no program of its own: until then a barrier waits for it.
    public func completeStart() { child.mark.ended() }

    /// Ends it and all that it started, and reaps it: SIGTERM, two seconds, SIGKILL. Blocks; call it once.
    public func stop() {
        child.signal(SIGTERM)
        var polled = pollfd(fd: child.exit.fd, events: Int16(POLLIN), revents: 0)
        _ = poll(&polled, 1, 2000)
        child.signal(SIGKILL)
        _ = child.reap()
    }
}
