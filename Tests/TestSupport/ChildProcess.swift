import Foundation

/// A program started by `posix_spawn` and reaped by us. Foundation's `Process` takes a program for running as long as any
/// of its children is, and leaves it the signals blocked that the starting thread has blocked.
struct ChildProcess {
    let pid: pid_t

    /// Starts a program found in PATH with these three descriptors and no others that are to be closed on exec.
    init(
        _ arguments: [String], environment: [String: String]? = nil, input: CInt, output: CInt, errorOutput: CInt
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in [input, output, errorOutput].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, CInt(target))
        }
        let variables = environment ?? ProcessInfo.processInfo.environment
        var argumentPointers = arguments.map { strdup($0) } + [nil]
        var variablePointers = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argumentPointers + variablePointers { free(pointer) } }
        var pid = pid_t()
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The threads that tests run on block signals, and a child would inherit that: no SIGTERM would end it.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &argumentPointers, &variablePointers)
        guard code == 0 else { throw Tool.Failure(command: arguments[0], text: String(cString: strerror(code))) }
        self.pid = pid
    }

    /// Waits for its end; the exit code, or 128 and the signal's number.
    @discardableResult
    func wait() -> Int32 {
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }

    func terminate() { kill(pid, SIGTERM) }

    /// A pipe whose ends are closed on exec.
    static func makePipe() -> (reading: CInt, writing: CInt) {
        var ends: [CInt] = [-1, -1]
        precondition(pipe(&ends) == 0, "no pipe: \(errno)")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
