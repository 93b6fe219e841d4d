import Foundation
import Synchronization

/// A program started by `posix_spawn` and reaped by us. Foundation's `Process` takes a program for running as long as any
/// of its children is, and leaves it the signals blocked that the starting thread has blocked.
public final class ChildProcess: Sendable {
    public let pid: Int32
    private let status = Mutex<Int32?>(nil)

    /// Starts a program found in PATH with these three descriptors and no others that are to be closed on exec, no signal
    /// blocked and none ignored. `environment` is all of its environment; without one it has ours.
    public init(
        _ arguments: [String], environment: [String: String]? = nil, directory: String? = nil, input: CInt,
        output: CInt, errorOutput: CInt
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in [input, output, errorOutput].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, CInt(target))
        }
        var attributes = Self.attributes()
        defer { posix_spawnattr_destroy(&attributes) }
        let arguments = (directory.map { ["env", "--chdir", $0] } ?? []) + arguments
        let variables = environment ?? ProcessInfo.processInfo.environment
        var argumentPointers = arguments.map { strdup($0) } + [nil]
        var variablePointers = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argumentPointers + variablePointers { free(pointer) } }
        var pid: Int32 = 0
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &argumentPointers, &variablePointers)
        guard code == 0 else { throw Tool.Failure(command: arguments[0], text: String(cString: strerror(code))) }
        self.pid = pid
    }

    /// The threads that tests run on block signals, and a child would inherit that: no SIGTERM would end it.
    private static func attributes() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }

    /// Waits for its end; the exit code, or 128 and the signal's number. For several threads and times.
    @discardableResult
    public func wait() -> Int32 {
        status.withLock { known in
            if let known { return known }
            var status: CInt = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
            known = code
            return code
        }
    }

    public func terminate() { send(SIGTERM) }

    /// Sends a signal; the pid is ours until `wait` has returned.
    public func send(_ signal: Int32) { kill(pid, signal) }

    /// A pipe whose ends are closed on exec.
    static func makePipe() -> (reading: CInt, writing: CInt) {
        var ends: [CInt] = [-1, -1]
        precondition(pipe(&ends) == 0, "no pipe: \(errno)")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
