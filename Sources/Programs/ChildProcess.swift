internal import CLinux
internal import Glibc

/// A process that we started, and reap.
struct ChildProcess {
    let pid: pid_t
    /// Readable once it is gone.
    let exit: Descriptor
    /// From before its start until it is reaped.
    let mark: RunningMark

    /// Starts a program as the leader of its own session, with these three descriptors and no others, no signal blocked
    /// or ignored.
    init(_ program: HostProgram, input: CInt?, output: CInt, errorOutput: CInt) throws(ProgramError) {
        mark = try program.barrier.enter(program.arguments[0])
        var actions = Self.actions(program.folder, input, output, errorOutput)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var attributes = Self.attributes()
        defer { posix_spawnattr_destroy(&attributes) }
        var words = program.arguments.map { strdup($0) } + [nil]
        var variables = program.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, program.arguments[0], &actions, &attributes, &words, &variables)
        guard code == 0 else {
            throw .notStarted(program: program.arguments[0], reason: String(cString: strerror(code)))
        }
        self.pid = pid
        exit = Descriptor(owning: clinux_pidfd_open(pid))
    }

    /// Sends a signal to it and all that it started and that did not leave its session's group.
    func signal(_ number: CInt) { Glibc.kill(-pid, number) }

    /// Waits for its end; the exit code, or 128 and the signal's number.
    func reap() -> Int32 {
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        mark.ended()
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }

    private static func actions(
        _ folder: String?, _ input: CInt?, _ output: CInt, _ errorOutput: CInt
    ) -> posix_spawn_file_actions_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        if let folder { posix_spawn_file_actions_addchdir_np(&actions, folder) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errorOutput, 2)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        return actions
    }

    private static func attributes() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // glibc shows POSIX_SPAWN_SETSID (0x80, since 2.26) only with _GNU_SOURCE.
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | 0x80
        posix_spawnattr_setflags(&attributes, Int16(flags))
        return attributes
    }
}

/// A descriptor that is closed with its last reference.
final class Descriptor: Sendable {
    let fd: CInt

    init(owning fd: CInt) { self.fd = fd }

    deinit { if fd >= 0 { close(fd) } }

    /// Both ends of a pipe that are closed on exec; what is read from it does not wait.
    static func pipe() throws(ProgramError) -> (reading: Descriptor, writing: Descriptor) {
        var ends: [CInt] = [-1, -1]
        guard clinux_pipe(&ends) == 0 else {
            throw .notStarted(program: "a program", reason: "pipe: \(String(cString: strerror(errno)))")
        }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
    }
}
