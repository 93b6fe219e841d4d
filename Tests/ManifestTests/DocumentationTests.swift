import Foundation
import Testing

@testable import Manifest

/// `docs/manifest.md` describes this reader.
@Suite struct DocumentationTests {
    private static let page = SchemaTests.file.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/manifest.md")

    @Test func `each example of the page is a manifest`() throws {
        let blocks = try String(contentsOf: Self.page, encoding: .utf8).components(separatedBy: "```yaml\n").dropFirst()
        let examples = blocks.compactMap { $0.components(separatedBy: "```").first }.filter { $0.hasPrefix("version:") }
        #expect(examples.count >= 3)
        for example in examples {
            let file = FileManager.default.temporaryDirectory.appending(path: "example-\(UUID()).yaml")
            try Data(example.utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            #expect(try !Fixture(name: "example", file: file).load().images.isEmpty, "\(example)")
        }
    }

    @Test func `each field and each reserved word is on the page`() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let tables = [
            ManifestShape.manifest, ManifestShape.image, ManifestShape.limits, ManifestShape.cache, ManifestShape.retry,
            ManifestShape.tag, ManifestShape.versionTags, ManifestShape.output, ManifestShape.registry,
            ManifestShape.secret, ManifestShape.agent,
        ]
        for table in tables {
            for name in table.fields.map(\.name) + table.reserved {
                #expect(text.contains(name), "\(table.name): \(name)")
            }
        }
    }
}
