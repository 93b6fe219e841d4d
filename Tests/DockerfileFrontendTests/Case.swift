import DockerfileFrontend
import Foundation
import Testing

/// A folder below `Fixtures` with a Dockerfile and, if it needs some, `settings.txt`: `target=NAME`, `context=NAME`,
/// other lines are build arguments.
struct Case: CustomTestStringConvertible, Sendable {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    let folder: URL

    var testDescription: String { folder.lastPathComponent }

    static func all(in group: String) -> [Case] {
        let path = folder.appending(path: group)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path.path)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted().map { Case(folder: path.appending(path: $0)) }
    }

    func bytes() throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: "Dockerfile"))) }

    func dockerfile() throws -> Dockerfile { try Dockerfile(parsing: try bytes()) }

    func graph() throws -> StageGraph {
        let lines = try? String(contentsOf: folder.appending(path: "settings.txt"), encoding: .utf8)
        var arguments: [String: String] = [:]
        var contexts: Set<String> = []
        for line in lines?.split(separator: "\n") ?? [] {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if parts[0] == "context" { contexts.insert(parts[1]) } else { arguments[parts[0]] = parts[1] }
        }
        let target = arguments.removeValue(forKey: "target")
        let dockerfile = try dockerfile()
        let scope = try GlobalScope(
            dockerfile, buildArguments: arguments,
            targetPlatform: PlatformValues(os: "linux", architecture: "arm64", variant: "v8"),
            buildPlatform: PlatformValues(os: "linux", architecture: "amd64"), target: target)
        return try StageGraph(dockerfile, scope: scope, namedContexts: contexts)
    }

    /// Compares with a file of the case; `RECORD_SNAPSHOTS=1` writes it, a missing one fails.
    func expect(_ text: String, in name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = folder.appending(path: name)
        if isRecording { try (text + "\n").write(to: file, atomically: true, encoding: .utf8) }
        let recorded = try? String(contentsOf: file, encoding: .utf8)
        #expect(recorded == text + "\n", sourceLocation: sourceLocation)
    }
}
