import Foundation
import Testing

/// The rule fixtures once more, built by foreign builders: differences are those that the fixtures list, and no others.
///
/// `make compare` runs them. `RECORD_SNAPSHOTS=1` writes the lists and what `expected.txt` says of the builders.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["BUILD_ALL_COMPARE"] == "1"))
struct ReferenceTests {
    @Test func `BuildKit agrees, but for what is listed`() throws {
        try compare(RuleFixture.all(), DockerBuildKit.self)
    }

    /// Asked where BuildKit 20.10, which is older than some rules, does not agree.
    @Test func `buildah agrees, but for what is listed`() throws {
        try compare(RuleFixture.all().filter { $0.text("buildkit.txt") != nil }, BuildahReference.self)
    }

    private func compare(_ fixtures: [RuleFixture], _ type: (some ReferenceBuilder).Type) throws {
        let batch = try RuleBatch(fixtures, in: Workspace("reference"))
        let builder = try type.init(in: batch.workspace)
        do {
            try compare(fixtures, of: batch, with: builder)
        } catch {
            try builder.end()
            throw error
        }
        try builder.end()
    }

    private func compare(_ fixtures: [RuleFixture], of batch: RuleBatch, with builder: some ReferenceBuilder) throws {
        let builderName = type(of: builder).name
        let base = try builder.build("base", options: [])
        let everywhere = try String(
            contentsOf: RuleFixture.root.appending(path: "\(builderName)-everywhere.txt"), encoding: .utf8
        ).split(separator: "\n").map(String.init)
        let ours = try ours(of: batch, withHistory: type(of: builder).hasHistory)
        for fixture in fixtures {
            let theirs = lines(of: fixture, by: builder, base: base, in: batch.workspace)
            let found = Self.differences(ours: ours[fixture.id] ?? [], theirs: theirs)
                .filter { !everywhere.contains($0) }
            if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
                try record(found, of: fixture, builder: builderName)
            } else {
                let listed = fixture.lines("\(builderName).txt").filter { !$0.hasPrefix("#") }
                #expect(found == listed, "\(fixture.id)")
            }
        }
    }

    private func lines(
        of fixture: RuleFixture, by builder: some ReferenceBuilder, base: String, in workspace: Workspace
    ) -> [String] {
        do {
            let image = try builder.build(fixture.id, options: fixture.options)
            let lines = try ImageListing.result(
                of: image, base: base, withHistory: type(of: builder).hasHistory, in: workspace)
            try FileManager.default.removeItem(atPath: image)
            return lines
        } catch {
            let text = "\(error)".replacing(workspace.folder.path, with: "")
            return ["fails: \(text.replacing(/0x[0-9a-f]+|[0-9a-f]{12,}/, with: "…"))"]
        }
    }

    private func ours(of batch: RuleBatch, withHistory: Bool) throws -> [String: [String]] {
        let listings = try batch.listings(as: .result).mapValues { lines in
            withHistory ? lines : lines.filter { !ImageListing.isHistory($0) }
        }
        return listings.merging(batch.errors.mapValues { ["fails: \($0)"] }) { $1 }
    }

    /// `-` what is only theirs, `+` what is only ours. That both fail is no difference, whatever they say.
    static func differences(ours: [String], theirs: [String]) -> [String] {
        let failures = [ours, theirs].map { $0.first?.hasPrefix("fails: ") == true }
        guard failures.contains(true) else {
            return Set(theirs).subtracting(ours).sorted().map { "- \($0)" }
                + Set(ours).subtracting(theirs).sorted().map { "+ \($0)" }
        }
        return failures[0] == failures[1] ? [] : failures[1] ? ["- \(theirs[0])"] : ["- builds it"]
    }

    private func record(_ found: [String], of fixture: RuleFixture, builder: String) throws {
        let file = fixture.folder.appending(path: "\(builder).txt")
        if found.isEmpty {
            if fixture.text("\(builder).txt") != nil { try FileManager.default.removeItem(at: file) }
        } else {
            let reasons = fixture.lines("\(builder).txt").filter { $0.hasPrefix("#") }
            try ((reasons.isEmpty ? ["# ?"] : reasons) + found).map { $0 + "\n" }.joined()
                .write(to: file, atomically: true, encoding: .utf8)
        }
        let note = "# \(builder): \(found.isEmpty ? "the same" : "differs, see \(builder).txt")"
        let lines = fixture.lines("expected.txt").filter { !$0.hasPrefix("# \(builder):") }
        try ([note] + lines).map { $0 + "\n" }.joined()
            .write(to: fixture.folder.appending(path: "expected.txt"), atomically: true, encoding: .utf8)
    }
}
