import Foundation
import Testing

/// All rule fixtures, built by one batch.
struct RuleBatch {
    let fixtures: [RuleFixture]
    let workspace: Workspace
    /// By id: what the batch says of an image that failed.
    let errors: [String: String]

    /// Prepares the contexts and builds everything on an image `base` with a shell.
    init(_ fixtures: [RuleFixture], in workspace: Workspace) throws {
        self.fixtures = fixtures
        self.workspace = workspace
        try workspace.writeBase()
        try Self.prepare(fixtures, in: workspace)
        let base = "  base:\n    context: contexts/base\n    outputs: [{oci: oci/base}]\n"
        let entries = fixtures.map(\.manifestEntry).joined()
        try workspace.write("batch.yaml", "version: 1\nimages:\n" + base + entries)
        let outcome = try workspace.buildAll("batch.yaml", "--json", "--progress", "none")
        try #require(!outcome.output.isEmpty, "\(outcome.errors)")
        var errors: [String: String] = [:]
        for image in try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8)).images {
            errors[image.image] = image.error?.message
        }
        self.errors = errors
    }

    /// One shell for all: copies each context, gives it the modes that git and umask take, runs its `prepare.sh`.
    private static func prepare(_ fixtures: [RuleFixture], in workspace: Workspace) throws {
        let list = fixtures.map { "\($0.folder.path)\t\($0.id)\n" }.joined()
        try workspace.write("cases", list)
        try workspace.run(
            "sh", "-euc",
            """
            umask 022
            while IFS="$(printf '\\t')" read -r source name; do
                cp -r "$source" "contexts/$name"
                chmod -R u=rwX,go=rX "contexts/$name"
                (cd "contexts/$name"
                rm -f expected.txt options manifest.part buildkit.txt buildah.txt prepare.sh
                [ ! -f "$source/prepare.sh" ] || . "$source/prepare.sh") </dev/null || { echo "in $name" >&2; exit 1; }
            done <cases
            """)
    }

    /// The listings of all that were built.
    func listings(as view: ImageListing.View) throws -> [String: [String]] {
        let built = fixtures.filter { errors[$0.id] == nil }
        let images = Dictionary(uniqueKeysWithValues: built.map { ($0.id, workspace.path("oci/\($0.id)")) })
        return try ImageListing.of(images, base: workspace.path("oci/base"), as: view, in: workspace)
    }

    /// What came of every fixture, in the form of `expected.txt`.
    func results() throws -> [String: [String]] {
        var results = try listings(as: .steps)
        for (id, message) in errors {
            let text = message.replacing("contexts/\(id)/", with: "")
            results[id] = ["failed"] + text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        for (id, warnings) in try warnings() { results[id]?.insert(contentsOf: warnings, at: 0) }
        return results.mapValues { $0.filter { $0 != "" }.map(Self.cut) }
    }

    private struct Checked: Decodable {
        struct Warning: Decodable {
            let rule: String
            let line: Int
            let message: String
        }

        let image: String
        let warnings: [Warning]
    }

    /// What `build-all check` warns of, by id.
    private func warnings() throws -> [String: [String]] {
        let outcome = try Program.run([Program.buildAll, "check", "batch.yaml", "--json"], in: workspace.folder)
        let images = try JSONDecoder().decode([Checked].self, from: Data(outcome.output.utf8))
        return Dictionary(
            uniqueKeysWithValues: images.map { image in
                (image.image, image.warnings.map { "warning in line \($0.line): \($0.rule): \($0.message)" })
            })
    }

    private static func cut(_ line: String) -> String {
        line.count <= 400 ? line : "\(line.prefix(200))… \(line.count) characters"
    }
}
