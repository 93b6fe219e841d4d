import Foundation

/// Programs of the host that tests use.
enum Command {
    /// What the program writes to stdout; its exit code does not matter.
    static func output(_ name: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Makes a static program of one C file.
    static func compile(_ source: String, to path: String) throws {
        _ = try output("gcc", ["-static", "-O1", "-o", path, source])
        guard FileManager.default.isExecutableFile(atPath: path) else { throw CocoaError(.executableLoad) }
    }
}
