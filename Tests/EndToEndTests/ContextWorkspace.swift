import Foundation
import TestSupport
import Testing

/// A workspace for batches whose contexts come from elsewhere.
struct ContextWorkspace {
    let workspace: Workspace

    init() throws { workspace = try Workspace("contexts") }

    /// The manifest: lines below `images:`.
    func write(_ images: String) throws {
        let lines = images.split(separator: "\n").map { "  \($0)\n" }.joined()
        try workspace.write("batch.yaml", "version: 1\nimages:\n\(lines)")
    }

    /// Runs the program with a file or nothing on its standard input.
    func buildAll(_ arguments: String..., input: String? = nil, environment: [String: String] = [:]) throws -> Outcome {
        let words = ([Program.buildAll] + arguments + ["--state", workspace.state]).map { "'\($0)'" }
        let command = words.joined(separator: " ") + (input.map { " < \($0)" } ?? "")
        return try Program.run(["sh", "-c", command], in: workspace.folder, environment: environment)
    }

    /// Builds everything; the images by their names.
    func build(input: String? = nil, environment: [String: String] = [:]) throws -> [String: RunDocument.Image] {
        let outcome = try buildAll("batch.yaml", "--json", input: input, environment: environment)
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        let run = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        return Dictionary(uniqueKeysWithValues: run.images.map { ($0.image, $0) })
    }

    func content(_ path: String) throws -> String { try workspace.run("cat", path).output }

    /// What commands that ended may not leave.
    var leftovers: String { Shell("cd \(workspace.state); find tmp guests -mindepth 1 2>/dev/null").output }

    /// A server of one file, which says how often it was asked.
    static func server(of file: String) throws -> WebServer {
        let bytes = try [UInt8](Data(contentsOf: URL(filePath: file)))
        return WebServer { request, _ in
            request.path == "/none" ? WebServer.Reply(404) : WebServer.Reply.file(bytes, to: request)
        }
    }
}

extension String {
    /// As the lines of a mapping below an image.
    func indented(_ count: Int = 2) -> String {
        split(separator: "\n").map { String(repeating: " ", count: count) + $0 }.joined(separator: "\n")
    }
}
