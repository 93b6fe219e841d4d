import Foundation

/// A program of the machine, run to its end.
public enum Tool {
    public struct Result: Sendable {
        public let command: String
        public let status: Int32
        public let output: String
        public let errorOutput: String

        /// Throws `Failure` unless the program exited with 0.
        @discardableResult
        public func checked() throws -> Result {
            guard status == 0 else { throw Failure(command: command, text: "exit \(status): \(output)\(errorOutput)") }
            return self
        }
    }

    public struct Failure: Error, CustomStringConvertible {
        public let command: String
        public let text: String
        public var description: String { "\(command): \(text)" }

        public init(command: String, text: String) {
            self.command = command
            self.text = text
        }
    }

    /// Runs a program found in PATH, with nothing on its standard input.
    public static func run(_ name: String, _ arguments: String...) throws -> Result { try run(name, arguments) }

    /// Runs a program found in PATH, with nothing on its standard input. `environment` is added to our own.
    public static func run(
        _ name: String, _ arguments: [String], environment: [String: String] = [:], directory: String? = nil
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tool-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        // Files, not pipes: a program that fills one pipe while we read the other would wait for ever.
        let files = ["out", "err"].map { name in
            let path = folder.appendingPathComponent(name).path
            return (path: path, fd: open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
        }
        defer { for fd in [null] + files.map(\.fd) { close(fd) } }
        let process = try ChildProcess(
            [name] + arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            directory: directory, input: null, output: files[0].fd, errorOutput: files[1].fd)
        let status = process.wait()
        let texts = try files.map {
            String(decoding: try Data(contentsOf: URL(fileURLWithPath: $0.path)), as: UTF8.self)
        }
        return Result(
            command: ([name] + arguments).joined(separator: " "), status: status, output: texts[0],
            errorOutput: texts[1])
    }
}
