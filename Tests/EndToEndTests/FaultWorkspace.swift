import Foundation
import TestSupport
import Testing

/// In seconds: longer than what is ended at once takes on a loaded machine, and shorter than all that it would wait for.
let soon = 30.0

/// A workspace with programs of its own and images whose steps carry its name, so that what belongs to it can be told
/// from everything else on the machine.
final class FaultWorkspace {
    let workspace: Workspace
    /// Where `start` writes the standard error.
    let errorFile: String

    /// With a context `base` that makes an image with a shell.
    init(_ name: String) throws {
        workspace = try Workspace(name)
        errorFile = workspace.path("errors")
        try workspace.run("mkdir", "bin")
        for program in ["build-all", "build-all-executor"] {
            try workspace.run("cp", Program.folder.appending(path: program).path, workspace.path("bin/\(program)"))
        }
        try workspace.writeBusybox("base")
        try workspace.write("base/Dockerfile", Workspace.busyboxDockerfile + "ENV WORKSPACE=\(workspace.folder.path)\n")
    }

    /// A batch of `base` and an image with one further line for each pair.
    func writeBatch(_ images: KeyValuePairs<String, String>, options: [String: String] = [:]) throws {
        var manifest = "version: 1\nimages:\n  base: base\n"
        for (name, lines) in images {
            try workspace.write("\(name)/Dockerfile", "FROM base\n\(lines)\n")
            manifest += "  \(name): {context: \(name)\(options[name].map { ", \($0)" } ?? "")}\n"
        }
        try workspace.write("batch.yaml", manifest)
    }

    // MARK: - Running

    /// The command line of the workspace's own program.
    private func command(_ arguments: [String]) -> [String] {
        [workspace.path("bin/build-all")] + arguments + ["--state", workspace.state]
    }

    func start(_ arguments: String...) throws -> ChildProcess {
        try? FileManager.default.removeItem(atPath: errorFile)
        return try Program.start(command(arguments), in: workspace.folder, errors: errorFile)
    }

    func run(_ arguments: String...) throws -> Outcome {
        try Program.run(command(arguments), in: workspace.folder)
    }

    /// Where no control group can be had.
    func runWithoutControlGroups(_ arguments: String...) throws -> Outcome {
        let line = #"mount -t tmpfs none /sys/fs/cgroup && exec "$@""#
        return try Program.run(["unshare", "-m", "sh", "-c", line, "sh"] + command(arguments), in: workspace.folder)
    }

    /// What `start`'s process has said so far.
    var errors: String { String(decoding: FileManager.default.contents(atPath: errorFile) ?? Data(), as: UTF8.self) }

    // MARK: - What there is

    /// Processes that run the workspace's programs or its steps, and mounts of its folder in any process's namespace.
    func leftovers() throws -> [String] {
        var found: [String] = []
        var namespaces: Set<String> = []
        for process in try RunningProcess.all() {
            if process.program.hasPrefix(workspace.folder.path) || process.environment.contains(workspace.folder.path) {
                found.append("process \(process.pid): \(process.program) \(process.command)")
            }
            guard namespaces.insert(process.mountNamespace).inserted else { continue }
            for mount in process.mounts where mount.contains(workspace.folder.path) {
                found.append("mount in process \(process.pid): \(mount)")
            }
        }
        return found
    }

    /// What is still there after at most so many seconds.
    func leftovers(after seconds: Double) throws -> [String] {
        let end = Date.now.addingTimeInterval(seconds)
        while Date.now < end {
            if try leftovers().isEmpty { return [] }
            usleep(10_000)
        }
        return try leftovers()
    }

    /// Waits until a step of the workspace runs a command that begins so; the process.
    @discardableResult
    func waitForStep(_ command: String) throws -> RunningProcess {
        for _ in 0..<1500 {
            let found = try RunningProcess.all().first {
                $0.command.hasPrefix(command) && $0.environment.contains("WORKSPACE=\(workspace.folder.path)\0")
            }
            if let found { return found }
            usleep(10_000)
        }
        throw Tool.Failure(command: command, text: "the step did not start: \(errors)")
    }

    /// The blobs whose bytes have another digest than their name.
    func damagedBlobs(in blobs: String = "state/blobs/sha256") throws -> [String] {
        try workspace.run(
            "sh", "-c",
            "cd \(blobs) && for f in *; do [ \"$(sha256sum < $f | cut -c 1-64)\" = $f ] || echo $f; done"
        ).lines
    }

    /// The answer of the `sqlite3` program.
    func ledger(_ query: String) throws -> [String] {
        try workspace.run("sqlite3", workspace.path("state/ledger.sqlite"), query).lines
    }

    /// What lies in `tmp/`.
    func temporaryFiles() throws -> [String] { try workspace.run("ls", "-A", "state/tmp").lines }
}

/// A process, as far as /proc shows it to us.
struct RunningProcess {
    let pid: pid_t

    static func all() throws -> [RunningProcess] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.map(RunningProcess.init)
    }

    /// Path of the executable; empty if it is gone, or hidden from us.
    var program: String { link("exe") }
    var mountNamespace: String { link("ns/mnt") }
    /// Words, each with a space after it.
    var command: String { text("cmdline").replacingOccurrences(of: "\0", with: " ") }
    /// Variables, each ended by NUL.
    var environment: String { text("environ") }
    var mounts: [String] { text("mountinfo").split(separator: "\n").map(String.init) }

    var parent: RunningProcess? {
        let line = text("status").split(separator: "\n").first { $0.hasPrefix("PPid:") }
        return line.flatMap { pid_t($0.dropFirst("PPid:".count).trimmingCharacters(in: .whitespaces)) }
            .map(RunningProcess.init)
    }

    /// The process above this one that `ancestor` has started itself.
    func child(of ancestor: pid_t) -> RunningProcess? {
        var process = self
        while let parent = process.parent, parent.pid > 1 {
            if parent.pid == ancestor { return process }
            process = parent
        }
        return nil
    }

    private func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: "/proc/\(pid)/\(name)") ?? Data(), as: UTF8.self)
    }

    private func link(_ name: String) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/\(pid)/\(name)", &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
