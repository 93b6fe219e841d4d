import Foundation
import TestSupport
import Testing

/// What attackers look for on the host: a secret file, a process with a credential, services, a folder that all may write to.
/// Gone with the object.
final class HostScene {
    let folder: URL
    let token = "token-\(UUID().uuidString)"
    /// What a script is told of it.
    private(set) var variables: [String: String] = [:]
    private var processes: [ChildProcess] = []

    /// Of Fixtures/escapes/attack.c, static.
    let attack: String

    init() throws {
        folder = URL(filePath: "/tmp/build-all-scene-\(UUID().uuidString.prefix(8))")
        attack = folder.appending(path: "attack").path
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try run("ln", try AttackProgram.compiled.get(), attack)
        try Data(token.utf8).write(to: folder.appending(path: "secret"))
        try run(
            "sh", "-c", "chmod 755 . && mkdir -m 777 witness && echo victim >witness/victim && chmod 666 witness/victim"
        )
        let number = UInt32.random(in: 1_000_000...2_000_000_000)
        variables = [
            "TOKEN": token, "SECRET": path("secret"), "WITNESS": path("witness"), "MARK": "mark-\(number)",
            "SHM": "\(number)", "QUEUE": "/queue-\(number)", "KEY": "key-\(number)", "ABSTRACT": "abstract-\(number)",
            "SOCKET": path("socket"), "HOST_NAME": try run("hostname"),
            "HANDLE": try run(attack, "handle-of", path("secret")),
            "DISK": try run("stat", "-c", "%Hd %Ld", "/"),
        ]
        try startServices()
    }

    deinit {
        for process in processes {
            kill(process.pid, SIGKILL)
            process.wait()
        }
        for (verb, name) in [("remove-shm", "SHM"), ("remove-queue", "QUEUE"), ("remove-key", "KEY")] {
            _ = try? Tool.run(attack, verb, variables[name] ?? "")
        }
        _ = try? Tool.run("rm", "-rf", folder.path)
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// The variables, for a shell to read.
    var text: String { variables.map { "\($0.key)='\($0.value)'\n" }.sorted().joined() }

    /// What an attack has left: files in the folder that all may write to, or a process that is gone.
    func harm() throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: path("witness")).filter { $0 != "victim" }
        let victim = try String(contentsOfFile: path("witness/victim"), encoding: .utf8)
        let isAlive =
            kill(processes[0].pid, 0) == 0 && FileManager.default.fileExists(atPath: "/proc/\(processes[0].pid)/exe")
        return names.map { "made \($0)" } + (victim == "victim\n" ? [] : ["changed a file"])
            + (isAlive ? [] : ["killed a process"])
    }

    private func startServices() throws {
        let victim = try start(["wait", variables["MARK"] ?? ""], environment: ["CREDENTIAL": token])
        variables["VICTIM"] = "\(victim.pid)"
        for (verb, name) in [("listen-abstract", "ABSTRACT"), ("listen-unix", "SOCKET")] {
            _ = try firstLine(of: [verb, variables[name] ?? ""])
        }
        variables["PORT"] = try firstLine(of: ["listen-tcp"])
        for (verb, name) in [("make-shm", "SHM"), ("make-queue", "QUEUE"), ("add-key", "KEY")] {
            try run(attack, verb, variables[name] ?? "", token)
        }
    }

    private func start(
        _ arguments: [String], environment: [String: String] = [:], output: String = "/dev/null"
    ) throws -> ChildProcess {
        let process = try Program.start([attack] + arguments, in: folder, environment: environment, output: output)
        processes.append(process)
        return process
    }

    /// Starts a service and waits until it says that it listens.
    private func firstLine(of arguments: [String]) throws -> String {
        let output = path("output-\(processes.count)")
        _ = try start(arguments, output: output)
        while true {
            let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            if text.hasSuffix("\n") { return String(text.dropLast()) }
            usleep(5000)
        }
    }

    /// What it prints, without the last newline.
    @discardableResult
    func run(_ arguments: String...) throws -> String {
        let result = try Tool.run(arguments[0], Array(arguments.dropFirst()), directory: folder.path).checked()
        return result.output.trimmingCharacters(in: .newlines)
    }
}

/// Fixtures/escapes/attack.c, made once for all tests and removed when they end.
private enum AttackProgram {
    private static var folder: String { "/tmp/build-all-attack-\(getpid())" }

    static let compiled = Result { () throws -> String in
        let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/escapes/attack.c")
        // The tests may run from a copy, for a user who cannot read the tree.
        let copy = Program.folder.appending(path: "Fixtures/escapes/attack.c")
        let file = FileManager.default.fileExists(atPath: copy.path) ? copy : source
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(atPath: AttackProgram.folder) }
        try Tool.run("gcc", "-static", "-O1", "-o", folder + "/attack", file.path).checked()
        return folder + "/attack"
    }
}
