import Foundation
import Testing

@testable import Manifest

/// `schemas/manifest.schema.json` says what the reader says.
@Suite struct SchemaTests {
    static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "schemas/manifest.schema.json").standardized

    @Test func `the file is the schema of the reader's tables`() throws {
        if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
            try BatchManifest.jsonSchema.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.file, encoding: .utf8) == BatchManifest.jsonSchema)
    }

    @Test func `each object has the reader's keys, and no other`() throws {
        let document = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: Self.file)) as? [String: Any])
        let definitions = try #require(document["$defs"] as? [String: [String: Any]])
        let tables = [
            ManifestShape.image, ManifestShape.defaults, ManifestShape.limits, ManifestShape.cache, ManifestShape.retry,
            ManifestShape.tag, ManifestShape.versionTags, ManifestShape.output, ManifestShape.registry,
            ManifestShape.secret, ManifestShape.agent, ManifestShape.compression, ManifestShape.retain,
        ]
        #expect(Set(definitions.keys) == Set(tables.map(\.name) + ["variable"]))
        for (table, schema) in tables.map({ ($0, definitions[$0.name]) }) + [(ManifestShape.manifest, document)] {
            let properties = schema?["properties"] as? [String: Any]
            #expect(Set(properties?.keys.map(\.self) ?? []) == Set(table.names), "\(table.name)")
            #expect(Set(table.reserved).isDisjoint(with: table.names), "\(table.name)")
            #expect(schema?["additionalProperties"] as? Bool == false, "\(table.name)")
        }
    }

    @Test func `a foreign validator accepts what the reader accepts`() throws {
        for (file, verdict) in try Self.verdicts(on: Fixture.files(in: "valid") + Fixture.included) {
            #expect(verdict == "valid", "\(file)")
        }
    }

    @Test func `a foreign validator rejects each fault of structure`() throws {
        for (file, verdict) in try Self.verdicts(on: Fixture.folders(in: "invalid")) {
            #expect(verdict.hasPrefix("rejected"), "\(file)")
        }
    }

    @Test func `what only the reader can know passes the schema`() throws {
        for (file, verdict) in try Self.verdicts(on: Fixture.folders(in: "invalid-meaning")) {
            #expect(verdict == "valid", "\(file)")
        }
    }

    /// What Debian's python3-jsonschema says, with YAML 1.2's types.
    private static func verdicts(on fixtures: [Fixture]) throws -> [(file: String, verdict: String)] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments =
            [Fixture.folder.appending(path: "check-schema.py").path, file.path] + fixtures.map(\.file.path)
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let lines = text.split(separator: "\n").map { $0.split(separator: "\t", maxSplits: 1).map(String.init) }
        #expect(lines.count == fixtures.count)
        return lines.compactMap { $0.count == 2 ? ($0[0], $0[1]) : nil }
    }
}

extension Fixture {
    /// Files that `valid/include.yaml` reads.
    static let included = ["teams/a.yaml", "teams/b.yaml", "shared.yaml"].map {
        Fixture(name: $0, file: folder.appending(path: "valid/include/\($0)"))
    }
}
