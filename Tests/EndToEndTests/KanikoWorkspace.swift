import Foundation
import TestSupport
import Testing

/// A workspace with the program under kaniko's names, and a context `app` whose image has a shell.
final class KanikoWorkspace {
    let workspace: Workspace
    /// Ended with the object.
    private(set) var registry: LocalRegistry?

    static let dockerfile =
        Workspace.busyboxDockerfile + """
            ARG VERSION=0
            RUN mkdir -p /etc /tmp /var/cache/x && echo $VERSION >/version && echo cached >/var/cache/x/y
            COPY a.txt /a
            CMD ["cat", "/version"]

            """

    init(withRegistry: Bool = true, dockerfile: String = KanikoWorkspace.dockerfile) throws {
        workspace = try Workspace("kaniko")
        try workspace.writeBusybox("app")
        try workspace.write("app/Dockerfile", dockerfile)
        try workspace.write("app/a.txt", "a\n")
        for name in ["executor", "warmer"] {
            try FileManager.default.createSymbolicLink(
                atPath: workspace.path(name),
                withDestinationPath: Program.buildAll)
        }
        if withRegistry { registry = try LocalRegistry(in: workspace) }
    }

    var host: String { registry?.host ?? "" }

    func path(_ relative: String) -> String { workspace.path(relative) }

    /// Runs the program as `executor`, in the workspace, with a state folder of the workspace.
    func executor(
        _ arguments: [String], environment: [String: String] = [:], state: String? = "state", from: String = "executor"
    ) throws -> Outcome {
        try Program.run(
            [path(from)] + arguments + (state.map { ["--state", path($0)] } ?? []), in: workspace.folder,
            environment: environment.merging(["NO_COLOR": "1"]) { $1 })
    }

    /// Builds `app`, and expects that it works.
    @discardableResult
    func build(_ arguments: String..., environment: [String: String] = [:], state: String = "state") throws -> Outcome {
        let outcome = try executor(
            ["--context", "app", "-f", "app/Dockerfile"] + arguments, environment: environment, state: state)
        #expect(outcome.exitCode == 0, "\(arguments): \(outcome.errors)")
        return outcome
    }

    /// The digest of what a place of skopeo holds.
    func digest(_ place: String) throws -> String {
        let tls = place.hasPrefix("docker://") ? ["--tls-verify=false"] : []
        return try Program.run(
            ["skopeo", "inspect", "--format", "{{.Digest}}"] + tls + [place], in: workspace.folder
        ).output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func content(_ relative: String) throws -> String {
        try String(contentsOf: workspace.folder.appending(path: relative), encoding: .utf8)
    }

    /// The manifest of a layout's only image.
    func manifest(ofLayout folder: String) throws -> [String: Any] {
        let index = try document("\(folder)/index.json")
        let manifests = try #require(index["manifests"] as? [[String: Any]])
        try #require(manifests.count == 1)
        let digest = try #require(manifests[0]["digest"] as? String)
        return try document("\(folder)/blobs/sha256/\(digest.dropFirst(7))")
    }

    /// The config of a layout's only image.
    func config(ofLayout folder: String) throws -> [String: Any] {
        let config = try #require(try manifest(ofLayout: folder)["config"] as? [String: Any])
        let digest = try #require(config["digest"] as? String)
        return try document("\(folder)/blobs/sha256/\(digest.dropFirst(7))")
    }

    private func document(_ relative: String) throws -> [String: Any] {
        let data = try Data(contentsOf: workspace.folder.appending(path: relative))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Names in the layers of a layout's only image, layer by layer, as tar lists them.
    func names(ofLayout folder: String) throws -> [[String]] {
        let layers = try #require(try manifest(ofLayout: folder)["layers"] as? [[String: Any]])
        return try layers.map { layer in
            let digest = try #require(layer["digest"] as? String)
            return try workspace.run("tar", "tzf", path("\(folder)/blobs/sha256/\(digest.dropFirst(7))")).lines
        }
    }
}
