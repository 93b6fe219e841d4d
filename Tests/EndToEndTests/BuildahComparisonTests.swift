import Foundation
import Testing

/// Whole Dockerfiles, each with one subject, and what becomes of them: files and config.
///
/// `Fixtures/compare/CASE` is a context that Debian's buildah builds too, and the results are equal. Where buildah is known
/// to differ from BuildKit, `Fixtures/differences/CASE.txt` lists every line that differs, `-` buildah's and `+` ours, below a
/// comment with the rule that decides; nothing else may differ but what `every.txt` allows everywhere.
///
/// A `prepare.sh` in a context makes what git does not keep (links, modes, odd names) and is removed before the builds.
@Suite(.serialized) struct BuildahComparisonTests {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    private static func cases(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixtures.appending(path: folder).path)
            .filter { !$0.hasPrefix(".") }.sorted()
    }

    @Test(.enabled(if: getuid() == 0, "buildah's results are read as root"))
    func `files and config equal buildah's`() throws {
        let workspace = try Workspace("compare")
        let cases = try Self.cases("compare")
        try build(cases, of: "compare", in: workspace)
        try Buildah.build("base", in: workspace)
        defer { Buildah.removeAll(in: workspace) }
        for name in cases {
            do {
                try Buildah.build(name, in: workspace)
                let theirs = try Buildah.listing(of: name, in: workspace) + Buildah.config(of: name, in: workspace)
                try compare(name, with: theirs, allowing: knownDifferences("every"), in: workspace)
            } catch {
                Issue.record("\(name): \(error)")
            }
        }
    }

    /// Builds all cases in one batch, on an image `base` with a shell.
    private func build(_ cases: [String], of folder: String, in workspace: Workspace) throws {
        try workspace.writeBase()
        for name in cases { try prepareContext(name, of: folder, in: workspace) }
        let images = (["base"] + cases).map {
            "  \($0):\n    context: contexts/\($0)\n    outputs: [{oci: oci/\($0)}]\n"
        }
        try workspace.write("batch.yaml", "version: 1\nimages:\n" + images.joined())
        let outcome = try workspace.buildAll("batch.yaml")
        try #require(outcome.exitCode == 0, "\(outcome.output)\(outcome.errors)")
    }

    private func prepareContext(_ name: String, of folder: String, in workspace: Workspace) throws {
        let context = workspace.path("contexts/\(name)")
        try workspace.run("cp", "-a", Self.fixtures.appending(path: "\(folder)/\(name)").path, context)
        guard FileManager.default.fileExists(atPath: "\(context)/prepare.sh") else { return }
        try workspace.run("sh", "-euc", "cd \"$1\"; . ./prepare.sh; cd \"$1\"; rm prepare.sh", "prepare", context)
    }

    /// Our result, as umoci unpacks it and skopeo shows it.
    private func listing(_ name: String, in workspace: Workspace) throws -> [String] {
        try workspace.run("umoci", "unpack", "--image", "oci/\(name):latest", "ours/\(name)")
        return try TreeListing.of(workspace.path("ours/\(name)/rootfs"), in: workspace)
            + OCIConfig.ofLayout("oci/\(name):latest", in: workspace)
    }

    private func compare(
        _ name: String, with other: [String], allowing allowed: Set<String>, in workspace: Workspace
    ) throws {
        let ours = try Set(listing(name, in: workspace))
        let missing = Set(other).subtracting(ours).map { "- \($0)" }
        let differences = Set(missing + ours.subtracting(other).map { "+ \($0)" })
        let known = try knownDifferences(name)
        let unknown = differences.subtracting(known).subtracting(allowed).sorted().joined(separator: "\n")
        let gone = known.subtracting(differences).sorted().joined(separator: "\n")
        #expect(unknown == "", "\(name): not a known difference")
        #expect(gone == "", "\(name): a known difference that is none")
    }

    private func knownDifferences(_ name: String) throws -> Set<String> {
        let file = Self.fixtures.appending(path: "differences/\(name).txt")
        guard FileManager.default.fileExists(atPath: file.path) else { return [] }
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
        return Set(lines.filter { !$0.hasPrefix("#") })
    }
}
