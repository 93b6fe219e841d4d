import Foundation
import Synchronization

/// A server written in Python, on a free port of 127.0.0.1. Its script prints a line of JSON once it listens, and ends when
/// its standard input does: with this object, or this process.
public final class PythonServer: Sendable {
    /// What the script printed.
    public let settings: [String: String]
    private let process: ChildProcess
    private let lifeline: CInt

    /// Below the package: what `.ci/packages test` makes.
    private static let environmentPath = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent(".build/python").path

    /// Whether the packages are there that the services of clouds need.
    public static let hasCloudPackages = FileManager.default.fileExists(atPath: "\(environmentPath)/wanted")

    /// The Python that has them.
    public static let python = "\(environmentPath)/bin/python"

    /// What ends the script with its standard input.
    private static let prelude = """
        import json, os, sys, threading
        def serving(**settings):
            threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
            print(json.dumps({k: str(v) for k, v in settings.items()}), flush=True)

        """

    /// Waits until it listens. `needsPackages`: whether it wants more than Python itself.
    public init(_ script: String, needsPackages: Bool, environment: [String: String] = [:]) throws {
        let python = needsPackages ? Self.python : "/usr/bin/python3"
        let input = ChildProcess.makePipe()
        let output = ChildProcess.makePipe()
        let errors = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { for fd in [input.reading, output.reading, errors] { close(fd) } }
        var variables = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "NO_PROXY": "*"]
        variables.merge(environment) { $1 }
        process = try ChildProcess(
            [python, "-u", "-c", Self.prelude + script], environment: variables, input: input.reading,
            output: output.writing, errorOutput: errors)
        lifeline = input.writing
        // Only the server has it now: its end is the end of what can be read.
        close(output.writing)
        settings = try JSONDecoder().decode([String: String].self, from: Self.line(from: output.reading))
    }

    deinit {
        close(lifeline)
        process.wait()
    }

    public var port: String { settings["port"] ?? "" }
    public var url: String { "http://127.0.0.1:\(port)" }

    private static func line(from fd: CInt) throws -> Data {
        var data = Data()
        var byte: UInt8 = 0
        while read(fd, &byte, 1) == 1, byte != 10 { data.append(byte) }
        return data
    }
}
