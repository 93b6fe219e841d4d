import Foundation
import Manifest
import SystemPackage
import Testing

/// A case below `Fixtures`, read as the program would, in a world that never changes.
struct Fixture: CustomTestStringConvertible, Sendable {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    let name: String
    let file: URL

    var testDescription: String { name }

    /// Single files `valid/NAME.yaml`.
    static func files(in group: String) -> [Fixture] {
        names(in: group).filter { $0.hasSuffix(".yaml") && !$0.hasSuffix(".resolved.yaml") }.map {
            Fixture(name: String($0.dropLast(5)), file: folder.appending(path: "\(group)/\($0)"))
        }
    }

    /// Folders `GROUP/NAME/manifest.yaml`.
    static func folders(in group: String) -> [Fixture] {
        names(in: group).map { Fixture(name: $0, file: folder.appending(path: "\(group)/\($0)/manifest.yaml")) }
    }

    func load(variables: [String: String] = [:]) throws(ManifestErrors) -> BatchManifest {
        try BatchManifest.load(
            FilePath(file.path), variables: variables,
            environment: ["CHANNEL": "stable", "TOKEN": "from-environment", "EMPTY": "", "HOME": "/home/me"],
            context: ExpansionContext(run: "01JD0000000000000000000000", now: 1_764_678_896) { _ in .sample })
    }

    /// Compares with a file beside the fixture; `RECORD_SNAPSHOTS=1` writes it.
    func expectSnapshot(_ text: String, in snapshot: URL, sourceLocation: SourceLocation = #_sourceLocation) throws {
        if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
            try text.write(to: snapshot, atomically: true, encoding: .utf8)
        }
        let recorded = try? String(contentsOf: snapshot, encoding: .utf8)
        #expect(recorded == text, "\(snapshot.lastPathComponent)", sourceLocation: sourceLocation)
    }

    private static func names(in group: String) -> [String] {
        let path = folder.appending(path: group).path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }
}

extension GitFacts {
    static let sample = GitFacts(
        sha: "3f0d1c2b4a5968778695a4b3c2d1e0f112233445", short: "3f0d1c2", branch: "main",
        remote: "https://git.example.com/base.git", commitTime: 1_764_000_000)
}
