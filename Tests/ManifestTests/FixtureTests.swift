import Foundation
import Manifest
import OCI
import Testing

/// Whole manifests: what valid ones become, and what is said of invalid ones.
@Suite struct FixtureTests {
    @Test(arguments: Fixture.files(in: "valid"))
    func `a valid manifest resolves as recorded`(_ fixture: Fixture) throws {
        let manifest = try fixture.load()
        let warnings = manifest.warnings.flatMap { "\($0)".split(separator: "\n") }.map { "# \($0)\n" }.joined()
        let snapshot = fixture.file.deletingPathExtension().appendingPathExtension("resolved.yaml")
        try fixture.expectSnapshot(Self.relative(warnings, fixture) + manifest.rendered, in: snapshot)
    }

    @Test(arguments: Fixture.files(in: "valid"))
    func `what is resolved reads as the same images`(_ fixture: Fixture) throws {
        let file = fixture.file.deletingPathExtension().appendingPathExtension("resolved.yaml")
        let resolved = Fixture(name: fixture.name, file: file)
        #expect(try resolved.load().rendered == fixture.load().rendered)
    }

    @Test(arguments: ["invalid", "invalid-meaning", "invalid-yaml"].flatMap(Fixture.folders))
    func `an invalid manifest is refused as recorded`(_ fixture: Fixture) throws {
        let errors = #expect(throws: ManifestErrors.self) { try fixture.load() }
        let text = Self.relative(errors.map { "\($0)\n" } ?? "", fixture)
        try fixture.expectSnapshot(text, in: fixture.file.deletingLastPathComponent().appending(path: "error.txt"))
    }

    @Test func `there are fixtures of each kind`() {
        #expect(Fixture.files(in: "valid").count >= 15)
        for group in ["invalid", "invalid-meaning", "invalid-yaml"] {
            #expect(Fixture.folders(in: group).count >= 10, "\(group)")
        }
    }

    private static func relative(_ text: String, _ fixture: Fixture) -> String {
        text.replacing(fixture.file.deletingLastPathComponent().path + "/", with: "")
            .replacing("this machine is \(Platform.host)", with: "this machine is HOST")
    }
}
