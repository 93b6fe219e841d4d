import Foundation
import Testing

/// Debian's buildah, with storage of its own inside the workspace.
enum Buildah {
    private static func buildah(_ arguments: [String], in workspace: Workspace) throws -> Outcome {
        try run(["buildah"] + storage(in: workspace) + arguments, in: workspace)
    }

    /// The outcome of a command that may fail.
    static func attempt(_ arguments: [String], in workspace: Workspace) throws -> Outcome {
        try Program.run(
            ["buildah"] + storage(in: workspace) + arguments, in: workspace.folder,
            environment: ["BUILDAH_ISOLATION": "chroot"])
    }

    private static func storage(in workspace: Workspace) -> [String] {
        ["--root", workspace.path("buildah/root"), "--runroot", workspace.path("buildah/run")]
    }

    private static func run(_ arguments: [String], in workspace: Workspace) throws -> Outcome {
        let outcome = try Program.run(arguments, in: workspace.folder, environment: ["BUILDAH_ISOLATION": "chroot"])
        try #require(outcome.exitCode == 0, "\(arguments.joined(separator: " ")): \(outcome.errors)")
        return outcome
    }

    /// Builds the context `contexts/NAME`. The ignore file beside the Dockerfile, which this buildah does not look for,
    /// is named to it. Docker's image format, because OCI's has no place for what SHELL and HEALTHCHECK say.
    static func build(_ name: String, in workspace: Workspace) throws {
        let context = "contexts/\(name)"
        let ignoreFile = "\(context)/Dockerfile.dockerignore"
        let hasOwn = FileManager.default.fileExists(atPath: workspace.path(ignoreFile))
        _ = try buildah(
            ["bud", "-q", "--pull=never", "--format", "docker"] + (hasOwn ? ["--ignorefile", ignoreFile] : [])
                + ["-f", "\(context)/Dockerfile", "-t", "localhost/\(name)", context], in: workspace)
    }

    /// The files of an image, mounted by podman: buildah would make a container of it, and run its triggers for that.
    static func listing(of name: String, in workspace: Workspace) throws -> [String] {
        let podman = ["podman"] + storage(in: workspace) + ["image"]
        let folder = try run(podman + ["mount", "localhost/\(name)"], in: workspace).lines[0]
        let listing = try TreeListing.of(folder, in: workspace)
        _ = try run(podman + ["unmount", "localhost/\(name)"], in: workspace)
        return listing
    }

    static func config(of name: String, in workspace: Workspace) throws -> [String] {
        let text = try buildah(["inspect", "--type", "image", "localhost/\(name)"], in: workspace).output
        let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let docker = try #require(document?["Docker"] as? [String: Any])
        return try OCIConfig.lines(docker["config"] as? [String: Any] ?? [:])
    }

    /// Unmounts and removes everything; what cannot be removed is an issue.
    static func removeAll(in workspace: Workspace) {
        do { _ = try buildah(["rmi", "--all", "--force"], in: workspace) } catch { Issue.record(error) }
    }
}

/// The run config of images, in a form that two builders' can be compared in.
enum OCIConfig {
    private static let compared = [
        "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal",
        "Healthcheck", "Shell", "OnBuild",
    ]

    static func ofLayout(_ reference: String, in workspace: Workspace) throws -> [String] {
        let document = try document(ofLayout: reference, in: workspace)
        return try lines(document["config"] as? [String: Any] ?? [:])
    }

    /// The whole config of an image of a layout.
    static func document(ofLayout reference: String, in workspace: Workspace) throws -> [String: Any] {
        let text = try workspace.run("skopeo", "inspect", "--config", "--raw", "oci:\(reference)").output
        return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// `config KEY=JSON`, sorted, empty values left out, builders' own labels dropped.
    static func lines(_ config: [String: Any]) throws -> [String] {
        try compared.compactMap { key in
            guard let value = config[key].flatMap(withoutBuildersLabels), !isEmpty(value) else { return nil }
            let data = try JSONSerialization.data(
                withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes])
            return "config \(key)=\(String(decoding: data, as: UTF8.self))"
        }
    }

    private static func withoutBuildersLabels(_ value: Any) -> Any? {
        (value as? [String: Any])?.filter { !$0.key.hasPrefix("io.buildah") } ?? value
    }

    private static func isEmpty(_ value: Any) -> Bool {
        switch value {
        case is NSNull: true
        case let map as [String: Any]: map.isEmpty
        case let list as [Any]: list.isEmpty
        case let text as String: text.isEmpty
        default: false
        }
    }
}
