internal import FileSystem
internal import Glibc
internal import Jobs
internal import Programs
internal import Synchronization
internal import SystemPackage

/// Agents of the run's own, each with the keys of some files; they end with the run.
final class KeyAgents: Sendable {
    private let folder: FilePath
    private let agents = SharedWork<[String], FilePath>()
    private let running = Mutex<[(program: RunningProgram, socket: String)]>([])

    init(folder: FilePath) { self.folder = folder }

    /// The socket of an agent that has these keys. `id` is for errors.
    func socket(for files: [String], id: String) async throws -> FilePath {
        try await agents.value(for: files) {
            let name = "keys-" + String(UInt64.random(in: .min ... .max), radix: 36)
            try await self.start(name, id: id)
            for file in files { try await self.add(file, to: name, id: id) }
            return self.folder.appending(name)
        }
    }

    func close() {
        let agents = running.withLock { running in
            defer { running = [] }
            return running
        }
        for agent in agents { agent.program.stop() }
        for agent in agents { unlink(agent.socket) }
    }

    /// An agent that was killed before it could leaves its socket.
    private func unlink(_ socket: String) {
        do throws(SystemError) {
            try OpenFile.open(folder.string, [.pathOnly, .directory]).unlink(FileName(socket))
        } catch { _ = error }
    }

    /// The name is relative to its folder: a whole path may be too long for a socket.
    private func start(_ name: String, id: String) async throws {
        // The agent itself does not look at its standard input, which ends with us. The shell starts nothing else, then or later.
        let script = """
            exec 3<&0; ssh-agent -D -a "$1" & agent=$!; { read -r line <&3; kill $agent; } & wait $agent
            """
        var program = HostProgram(["sh", "-c", script, "sh", name], environment: environment(agent: nil))
        program.folder = folder.string
        let agent = try RunningProgram(program)
        do {
            try await untilItServes(agent, name, id: id)
        } catch {
            try await BlockingWork.run { agent.stop() }
            unlink(name)
            throw error
        }
        agent.completeStart()
        running.withLock { $0.append((agent, name)) }
    }

    private func untilItServes(_ agent: RunningProgram, _ name: String, id: String) async throws {
        for _ in 0..<500 {
            do throws(SystemError) {
                _ = try LocalSocket.connected(to: folder.appending(name))
                return
            } catch {
                guard error.isNotFound || error.code == ECONNREFUSED, agent.isRunning else { break }
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw failure(id, "the program ssh-agent did not start", .host)
    }

    private func add(_ file: String, to name: String, id: String) async throws {
        var program = HostProgram(
            ["ssh-add", "-q", HostFiles.ofProcess.place(file)], environment: environment(agent: name))
        program.folder = folder.string
        program.timeout = .seconds(30)
        let result = try await program.run()
        guard result.status != 0 else { return }
        let words = result.errorOutput.split(separator: "\n").map(String.init)
        guard try await isLocked(file) else {
            throw failure(id, "\(file): \(words.last ?? "ssh-add does not take it")", .context)
        }
        throw failure(id, "\(file) has a passphrase: give the socket of an agent that has the key", .context)
    }

    private func isLocked(_ file: String) async throws -> Bool {
        let program = HostProgram(
            ["ssh-keygen", "-y", "-P", "", "-f", HostFiles.ofProcess.place(file)], environment: environment(agent: nil))
        let result = try await program.run()
        return result.status != 0 && result.errorOutput.contains("passphrase")
    }

    private func environment(agent: String?) -> [String: String] {
        var variables = ["SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"]
        variables["PATH"] = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        variables["SSH_AUTH_SOCK"] = agent
        // For keys in hardware the agent would start a program whenever one is used.
        if ProgramBarrier.ofProcess.isWatching { variables["SSH_SK_HELPER"] = "/dev/null" }
        return variables
    }

    private func failure(_ id: String, _ reason: String, _ class: JobFailure.Class) -> JobFailure {
        let text = "ssh agent \"\(id)\": \(reason)"
        return JobFailure(class: `class`, message: text, summary: text)
    }
}
