import Foundation
import Testing

/// Every rule of the Dockerfile language that decides about an image, a folder for each: see `RuleFixture`.
///
/// `RECORD_SNAPSHOTS=1` writes `expected.txt` anew; `BUILD_ALL_CASES=GROUP,GROUP-CASE` takes only some.
@Suite struct RuleTests {
    @Test(.enabled(if: getuid() == 0, "owners are compared"))
    func `images are what the rules say`() throws {
        let fixtures = try RuleFixture.all()
        let batch = try RuleBatch(fixtures, in: Workspace("rules"))
        let results = try batch.results()
        for fixture in fixtures {
            let result = results[fixture.id] ?? ["nothing was built and nothing failed"]
            if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
                try record(result, of: fixture)
            } else {
                let expected = fixture.lines("expected.txt").filter { !$0.hasPrefix("#") }
                #expect(result == expected, "\(fixture.id)")
            }
        }
    }

    @Test func `every difference to a foreign builder names the rule that decides`() throws {
        for fixture in try RuleFixture.all() {
            for file in ["buildkit.txt", "buildah.txt"] where fixture.text(file) != nil {
                let reason = fixture.lines(file).first ?? ""
                #expect(reason.hasPrefix("# ") && !reason.hasPrefix("# ?"), "\(fixture.id): \(file)")
            }
        }
    }

    private func record(_ result: [String], of fixture: RuleFixture) throws {
        let comments = fixture.lines("expected.txt").filter { $0.hasPrefix("#") }
        let text = (comments + result).map { $0 + "\n" }.joined()
        try text.write(to: fixture.folder.appending(path: "expected.txt"), atomically: true, encoding: .utf8)
    }
}
