import Glibc
import Storage
import SystemPackage
import TestSupport

/// A process of its own that works on a state folder; killed with the last reference.
final class Probe {
    let pid: Int32
    private let output: UnsafeMutablePointer<FILE>
    private var isReaped = false

    /// The command is one of `StorageProbe`; its standard output can be read.
    init(_ command: String, _ state: StateFolder, user: UInt32? = nil, _ arguments: String...) throws {
        var words = [Self.executable, command, state.root.string] + arguments
        if let user { words = ["/usr/bin/setpriv", "--reuid", "\(user)", "--clear-groups"] + words }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, let file = fdopen(ends[0], "r") else { throw ProbeError(call: "pipe", code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        output = file
        defer { close(ends[1]) }
        pid = try Self.spawn(words, output: ends[1])
    }

    deinit {
        kill()
        fclose(output)
    }

    /// SIGKILL, and waits for the end.
    func kill() {
        guard !isReaped else { return }
        Glibc.kill(pid, SIGKILL)
        wait()
    }

    @discardableResult
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        isReaped = true
        return status
    }

    @discardableResult
    func waitForLine() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        guard fgets(&buffer, Int32(buffer.count), output) != nil else { throw ProbeError(call: "fgets", code: errno) }
        return String(decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// All lines to its end.
    func lines() throws -> [String] {
        var lines: [String] = []
        var buffer = [CChar](repeating: 0, count: 4096)
        while fgets(&buffer, Int32(buffer.count), output) != nil {
            lines.append(
                String(decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        wait()
        return lines
    }

    private static func spawn(_ words: [String], output: Int32) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: Int32 = 0
        let code = posix_spawn(&pid, words[0], &actions, nil, &arguments, environ)
        guard code == 0 else { throw ProbeError(call: "posix_spawn \(words[0])", code: code) }
        return pid
    }

    /// Beside the test bundle.
    private static let executable: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer[..<max(count, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return own.prefix(upTo: own.lastIndex(of: "/") ?? own.endIndex) + "/StorageProbe"
    }()
}

struct ProbeError: Error {
    let call: String
    let code: Int32
}
