import Foundation
import TestSupport
import Testing

/// The result of one program run to its end.
struct Outcome {
    var exitCode: Int32
    var output: String
    var errors: String

    /// Standard output as lines.
    var lines: [String] { output.split(whereSeparator: \.isNewline).map(String.init) }
}

/// Runs programs and waits for them.
enum Program {
    /// The folder of the programs under test: beside the test runner, or where `BUILD_ALL_PROGRAMS` says.
    static let folder: URL = {
        let runner = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let named = ProcessInfo.processInfo.environment["BUILD_ALL_PROGRAMS"].map { URL(filePath: $0) }
        return (named ?? runner.deletingLastPathComponent()).resolvingSymlinksInPath()
    }()

    static let buildAll = folder.appending(path: "build-all").path

    /// Starts a program found in PATH; its outputs go to files. `environment` is added to our own.
    static func start(
        _ arguments: [String], in directory: URL, environment: [String: String] = [:], output: String = "/dev/null",
        errors: String = "/dev/null"
    ) throws -> ChildProcess {
        let descriptors = try [("/dev/null", O_RDONLY), (output, O_WRONLY), (errors, O_WRONLY)].map { path, mode in
            let descriptor = open(path, mode | O_CREAT | O_CLOEXEC, 0o600)
            try #require(descriptor >= 0, "\(path): \(String(cString: strerror(errno)))")
            return descriptor
        }
        defer { for descriptor in descriptors { close(descriptor) } }
        return try ChildProcess(
            arguments, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            directory: directory.path, input: descriptors[0], output: descriptors[1], errorOutput: descriptors[2])
    }

    /// Runs a program found in PATH to its end.
    static func run(_ arguments: [String], in directory: URL, environment: [String: String] = [:]) throws -> Outcome {
        let result = try Tool.run(
            arguments[0], Array(arguments.dropFirst()), environment: environment, directory: directory.path)
        return Outcome(exitCode: result.status, output: result.output, errors: result.errorOutput)
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
            // Files of subordinate ids are removed by root of a namespace that has them.
            let isPlain = ProcessInfo.processInfo.environment["BUILD_ALL_TEST_RUNG"] == "single"
            let enter = getuid() == 0 || isPlain ? [] : ["unshare", "--map-root-user", "--map-auto"]
            _ = try Program.run(enter + ["rm", "-rf", folder.path], in: URL(filePath: "/"))
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

    /// The context `contexts/base` of an image with a shell, the usual folders and root as its only user.
    func writeBase() throws {
        try writeBusybox("contexts/base")
        try write(
            "contexts/base/Dockerfile",
            Self.busyboxDockerfile + """
                RUN mkdir -p /etc /root /tmp /home && chmod 1777 /tmp && echo 'root:x:0:0:root:/root:/bin/sh' > /etc/passwd \\
                    && echo 'root:x:0:' > /etc/group
                CMD ["sh"]

                """)
    }

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
