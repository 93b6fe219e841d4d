import Foundation
import Testing

/// The result of one program run to its end.
struct Outcome {
    var exitCode: Int32
    var output: String
    var errors: String

    /// Standard output as lines.
    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// Runs programs and waits for them.
enum Program {
    /// The folder of the programs under test: beside the test runner, or where `BUILD_ALL_PROGRAMS` says.
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["BUILD_ALL_PROGRAMS"] { return URL(filePath: path) }
        let runner = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return runner.deletingLastPathComponent()
    }()

    static let buildAll = folder.appending(path: "build-all").path

    static func start(
        _ arguments: [String], in directory: URL, environment: [String: String] = [:], output: FileHandle,
        errors: FileHandle
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        return process
    }

    /// Runs a program found in PATH; output goes through files, so that nothing can block.
    static func run(_ arguments: [String], in directory: URL, environment: [String: String] = [:]) throws -> Outcome {
        let outputFile = directory.appending(path: ".out-\(UUID())")
        let errorFile = directory.appending(path: ".err-\(UUID())")
        defer {
            for file in [outputFile, errorFile] { unlink(file.path) }
        }
        for file in [outputFile, errorFile] { try Data().write(to: file) }
        let process = try start(
            arguments, in: directory, environment: environment, output: FileHandle(forWritingTo: outputFile),
            errors: FileHandle(forWritingTo: errorFile))
        process.waitUntilExit()
        return Outcome(
            exitCode: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
            output: String(decoding: try Data(contentsOf: outputFile), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errorFile), as: UTF8.self))
    }
}

/// A folder of one test: contexts, a batch manifest, a state folder. Removed with the object.
final class Workspace {
    let folder: URL

    /// `name` begins the folder's name, so that a left-over can be told.
    init(_ name: String = "test") throws {
        folder = URL(filePath: "/tmp/build-all-\(name)-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        do {
            _ = try Program.run(["rm", "-rf", folder.path], in: URL(filePath: "/"))
        } catch {
            Issue.record("the workspace could not be removed: \(error)")
        }
    }

    var state: String { folder.appending(path: "state").path }

    func path(_ relative: String) -> String { folder.appending(path: relative).path }

    /// Writes a file and the folders above it.
    func write(_ relative: String, _ text: String, mode: Int = 0o644) throws {
        let file = folder.appending(path: relative)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    /// A context with Debian's static busybox, as `busybox`.
    func writeBusybox(_ context: String) throws {
        try FileManager.default.createDirectory(at: folder.appending(path: context), withIntermediateDirectories: true)
        _ = try run("install", "-m", "0755", "/bin/busybox", path("\(context)/busybox"))
    }

    /// The lines that make an image with a shell out of a context with `busybox`.
    static let busyboxDockerfile = """
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]

        """

    /// Runs `build-all` with the workspace's state folder.
    func buildAll(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
        try Program.run(
            [Program.buildAll] + arguments + ["--state", state], in: folder, environment: environment)
    }

    /// Runs a program of the machine and fails the test if it fails.
    @discardableResult
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
        let outcome = try Program.run(arguments, in: folder, environment: environment)
        try #require(outcome.exitCode == 0, "\(arguments.joined(separator: " ")): \(outcome.errors)")
        return outcome
    }
}
