import Foundation
import Testing

/// Debian's buildah, with storage of its own inside the workspace.
enum Buildah {
    private static func buildah(_ arguments: [String], in workspace: Workspace) throws -> Outcome {
        let storage = ["--root", workspace.path("buildah/root"), "--runroot", workspace.path("buildah/run")]
        let outcome = try Program.run(
            ["buildah"] + storage + arguments, in: workspace.folder, environment: ["BUILDAH_ISOLATION": "chroot"])
        try #require(outcome.exitCode == 0, "buildah \(arguments.joined(separator: " ")): \(outcome.errors)")
        return outcome
    }

    static func build(dockerfile: String, context: String, as name: String, in workspace: Workspace) throws {
        _ = try buildah(
            ["bud", "-q", "--pull=never", "-f", dockerfile, "-t", "localhost/\(name)", context], in: workspace)
    }

    /// The files of an image, through a mounted container that is removed again.
    static func listing(of name: String, in workspace: Workspace) throws -> [String] {
        let container = try buildah(["from", "--pull=never", "localhost/\(name)"], in: workspace).lines[0]
        let folder = try buildah(["mount", container], in: workspace).lines[0]
        let listing = try TreeListing.of(folder, in: workspace)
        _ = try buildah(["rm", container], in: workspace)
        return listing
    }

    static func config(of name: String, in workspace: Workspace) throws -> String {
        let format = "{{json .Docker.config}}"
        let text = try buildah(["inspect", "--type", "image", "--format", format, "localhost/\(name)"], in: workspace)
        return try OCIConfig.normalized(text.output)
    }

    static func removeAll(in workspace: Workspace) throws {
        _ = try buildah(["rmi", "--all", "--force"], in: workspace)
    }
}

/// The run config of images, in a form that two builders' can be compared in.
enum OCIConfig {
    private static let compared = [
        "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal",
        "Healthcheck", "Shell", "OnBuild",
    ]

    static func ofLayout(_ reference: String, in workspace: Workspace) throws -> String {
        let text = try workspace.run("skopeo", "inspect", "--config", "--raw", "oci:\(reference)").output
        let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let config = try JSONSerialization.data(withJSONObject: document?["config"] ?? [:])
        return try normalized(String(decoding: config, as: UTF8.self))
    }

    /// Sorted keys, empty values left out, builders' own labels dropped.
    static func normalized(_ text: String) throws -> String {
        let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
        var kept: [String: Any] = [:]
        for key in compared {
            guard var value = document[key], !(value is NSNull) else { continue }
            if var labels = value as? [String: Any] {
                labels = labels.filter { !$0.key.hasPrefix("io.buildah") }
                value = labels
                if labels.isEmpty { continue }
            }
            if let list = value as? [Any], list.isEmpty { continue }
            if let text = value as? String, text.isEmpty { continue }
            kept[key] = value
        }
        let data = try JSONSerialization.data(withJSONObject: kept, options: [.sortedKeys, .prettyPrinted])
        return String(decoding: data, as: UTF8.self)
    }
}
