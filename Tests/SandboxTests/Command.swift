import Foundation
import SystemPackage

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

    /// Makes a static program of a C file of Fixtures. The folder may have been copied beside the tests, for a user who
    /// cannot read the tree.
    static func compile(_ fixture: String, to path: String) throws {
        let copied = TestExecutor.probe.removingLastComponent().appending("Fixtures")
        let own = FilePath(#filePath).removingLastComponent().appending("Fixtures")
        let folder = FileManager.default.fileExists(atPath: copied.string) ? copied : own
        _ = try output("gcc", ["-static", "-O1", "-o", path, folder.appending(fixture).string])
        guard FileManager.default.isExecutableFile(atPath: path) else { throw CocoaError(.executableLoad) }
    }
}
