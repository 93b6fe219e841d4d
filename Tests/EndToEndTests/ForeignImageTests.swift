import Foundation
import TestSupport
import Testing

/// What we push others pull, and what they push we build on.
@Suite(.enabled(if: getuid() == 0, "foreign storage needs root")) struct ForeignImageTests {
    private static let dockerfile = Workspace.busyboxDockerfile + "RUN echo ours > /ours\n"

    /// Our image as `HOST/ours:1`.
    private func push(_ registry: LocalRegistry, _ workspace: Workspace, compression: String) throws {
        try workspace.writeBusybox("ours")
        try workspace.write("ours/Dockerfile", Self.dockerfile)
        try workspace.write(
            "ours.yaml",
            "version: 1\nimages: {ours: {context: ours, compression: \(compression), tags: ['\(registry.host)/ours:1']}}\n"
        )
        let outcome = try workspace.buildAll("ours.yaml")
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
    }

    @Test(arguments: ["gzip", "zstd"])
    func `skopeo and podman pull what we push`(compression: String) throws {
        let workspace = try Workspace("foreign-pull")
        let registry = try LocalRegistry(in: workspace)
        try push(registry, workspace, compression: compression)
        let source = "\(registry.host)/ours:1"
        try workspace.run(
            "skopeo", "copy", "--src-tls-verify=false", "docker://\(source)", "oci:\(workspace.path("copy")):1")
        let podman = [
            "podman", "--storage-driver", "vfs", "--root", workspace.path("podman"), "--runroot",
            workspace.path("podman-run"),
        ]
        let pulled = try Program.run(podman + ["pull", "-q", "--tls-verify=false", source], in: workspace.folder)
        #expect(pulled.exitCode == 0, "\(pulled.errors)")
        let mounted = try Program.run(podman + ["image", "mount", source], in: workspace.folder)
        let folder = try #require(mounted.lines.last, "\(mounted.errors)")
        #expect(try String(contentsOfFile: folder + "/ours", encoding: .utf8) == "ours\n")
        _ = try Program.run(podman + ["image", "unmount", source], in: workspace.folder)
    }

    @Test(arguments: [
        ["--format", "v2s2"], ["--format", "oci", "--dest-compress-format", "zstd", "--dest-compress"],
        ["--format", "oci", "--dest-decompress"], ["--format", "v2s2", "--dest-decompress"],
    ])
    func `we build on what skopeo pushes`(options: [String]) throws {
        let workspace = try Workspace("foreign-push")
        let registry = try LocalRegistry(in: workspace)
        try push(registry, workspace, compression: "gzip")
        // By way of a folder: what is copied from registry to registry is not packed again.
        try workspace.run(
            "skopeo", "copy", "--src-tls-verify=false", "--dest-decompress", "docker://\(registry.host)/ours:1",
            "dir:\(workspace.path("plain"))")
        let packed = options.filter { $0 != "--dest-decompress" }
        try Program.run(
            ["skopeo", "copy", "--dest-tls-verify=false"] + packed + [
                "dir:\(workspace.path("plain"))", "docker://\(registry.host)/theirs:1",
            ],
            in: workspace.folder
        ).expectSuccess()
        try workspace.write("app/Dockerfile", "FROM \(registry.host)/theirs:1\nRUN cat /ours > /copy\n")
        try workspace.write("app.yaml", "version: 1\nimages: {app: {context: app, outputs: [{rootfs: out}]}}\n")
        let outcome = try Program.run(
            [Program.buildAll, "app.yaml", "--state", workspace.path("fresh")], in: workspace.folder)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(try String(contentsOfFile: workspace.path("out/copy"), encoding: .utf8) == "ours\n")
    }

    @Test func `we build on what buildah pushes`() throws {
        let workspace = try Workspace("buildah-push")
        let registry = try LocalRegistry(in: workspace)
        try workspace.writeBusybox("theirs")
        try workspace.write("theirs/Dockerfile", "FROM scratch\nCOPY busybox /bin/busybox\nENV WHO=buildah\n")
        let storage = [
            "--storage-driver", "vfs", "--root", workspace.path("buildah"), "--runroot", workspace.path("buildah-run"),
        ]
        let name = "\(registry.host)/theirs:1"
        for command in [["bud", "-q", "-t", name, "theirs"], ["push", "-q", "--tls-verify=false", name]] {
            try Program.run(
                ["buildah"] + storage + command, in: workspace.folder, environment: ["BUILDAH_ISOLATION": "chroot"]
            ).expectSuccess()
        }
        try workspace.write(
            "app/Dockerfile", "FROM \(name)\nRUN [\"/bin/busybox\", \"sh\", \"-c\", \"echo $WHO > /who\"]\n")
        try workspace.write("app.yaml", "version: 1\nimages: {app: {context: app, outputs: [{rootfs: out}]}}\n")
        let outcome = try workspace.buildAll("app.yaml")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(try String(contentsOfFile: workspace.path("out/who"), encoding: .utf8) == "buildah\n")
    }
}

extension Outcome {
    fileprivate func expectSuccess() throws { try #require(exitCode == 0, "\(errors)") }
}
