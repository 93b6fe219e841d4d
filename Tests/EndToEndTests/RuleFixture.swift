import Foundation

/// One Dockerfile with its context and what must become of it: `Fixtures/rules/GROUP/CASE`.
///
/// - `Dockerfile` and all other files are the context; `prepare.sh` makes there what git does not keep.
/// - `options` are builders' options, one a line without the dashes: `build-arg A=1`, `target x`, `secret id=a,src=file`.
/// - `manifest.part` are further lines of the image's entry in the manifest.
/// - `expected.txt` is the result: warnings, the history with each layer's entries, what the config has beyond the base
///   image's; or the error. Its comment says which foreign builders were asked.
/// - `buildkit.txt`, `buildah.txt`: where those differ, line by line, below a comment with the rule that decides.
struct RuleFixture: Sendable {
    let group: String
    let name: String

    static let root = BuildahComparisonTests.fixtures.appending(path: "rules")

    static func all() throws -> [RuleFixture] {
        let only = ProcessInfo.processInfo.environment["BUILD_ALL_CASES"]?.split(separator: ",")
        let fixtures = try folders(in: root).flatMap { group in
            try folders(in: root.appending(path: group)).map { RuleFixture(group: group, name: $0) }
        }
        return fixtures.filter { fixture in only?.contains { fixture.id.hasPrefix($0) } ?? true }
    }

    private static func folders(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: [.isDirectoryKey])
            .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
            .map(\.lastPathComponent).sorted()
    }

    /// The image's name, and that of its folders in the workspace.
    var id: String { "\(group)-\(name)" }

    var folder: URL { Self.root.appending(path: "\(group)/\(name)") }

    func text(_ file: String) -> String? {
        do { return try String(contentsOf: folder.appending(path: file), encoding: .utf8) } catch { return nil }
    }

    func lines(_ file: String) -> [String] {
        (text(file) ?? "").split(separator: "\n").map(String.init)
    }

    /// The builder's options: name and value.
    var options: [(name: String, value: String)] {
        lines("options").map { line in
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            return (words[0], words.count > 1 ? words[1] : "")
        }
    }

    /// The image's entry in the batch manifest.
    var manifestEntry: String {
        var entry = "  \(id):\n    context: contexts/\(id)\n    outputs: [{oci: oci/\(id)}]\n"
        for (option, field) in [("target", "target"), ("file", "dockerfile")] {
            for value in values(of: option) { entry += "    \(field): \(quoted(value))\n" }
        }
        entry += map("args", of: "build-arg") { quoted($0) }
        entry += map("contexts", of: "build-context") { value in
            quoted(value.contains(":") ? value : "contexts/\(id)/\(value)")
        }
        let secrets = values(of: "secret").map { secret in
            "{ \(secret.replacing("id=", with: "id: ").replacing(",src=", with: ", file: contexts/\(id)/")) }"
        }
        if !secrets.isEmpty { entry += "    secrets: [\(secrets.joined(separator: ", "))]\n" }
        return entry + lines("manifest.part").map { "    \($0)\n" }.joined()
    }

    func values(of option: String) -> [String] { options.filter { $0.name == option }.map(\.value) }

    private func map(_ field: String, of option: String, value: (String) -> String) -> String {
        let pairs = values(of: option).map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return "\(quoted(String(parts[0]))): \(value(parts.count > 1 ? String(parts[1]) : ""))"
        }
        return pairs.isEmpty ? "" : "    \(field): { \(pairs.joined(separator: ", ")) }\n"
    }

    private func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
}
