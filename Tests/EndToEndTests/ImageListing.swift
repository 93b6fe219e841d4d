import Foundation
import Testing

/// What images add to their base image, as lines; a program in Python reads them, so that no reader of ours is in between.
enum ImageListing {
    enum View: String {
        /// History, and below it each layer's entries.
        case steps
        /// The files in the end, and the history.
        case result
    }

    /// The lines of each image. `images` are paths by name: OCI layouts, `dir:` folders or `docker save` archives.
    static func of(
        _ images: [String: String], base: String, as view: View, in workspace: Workspace
    ) throws -> [String: [String]] {
        guard !images.isEmpty else { return [:] }
        let program = BuildahComparisonTests.fixtures.appending(path: "image-listing.py").path
        let arguments = images.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let outcome = try Program.run(
            ["python3", program, view.rawValue, base] + arguments, in: workspace.folder,
            environment: ["PYTHONUTF8": "1"])
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        var listings: [String: [String]] = [:]
        var name = ""
        for line in outcome.output.split(separator: "\n") {
            if line.hasPrefix("=== ") {
                name = String(line.dropFirst(4))
                listings[name] = []
            } else {
                listings[name]?.append(String(line))
            }
        }
        return listings
    }

    /// The result of one image, without the history if that cannot be compared.
    static func result(
        of image: String, base: String, withHistory: Bool, in workspace: Workspace
    ) throws -> [String] {
        let lines = try of(["": image], base: base, as: .result, in: workspace)[""] ?? []
        return withHistory ? lines : lines.filter { !isHistory($0) }
    }

    static func isHistory(_ line: String) -> Bool { line.hasPrefix("layer ") || line.hasPrefix("no layer ") }
}
