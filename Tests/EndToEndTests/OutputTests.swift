import Foundation
import Testing

/// What comes out is read by other people's programs.
@Suite struct OutputTests {
    private func prepared() throws -> Workspace {
        let workspace = try Workspace("outputs")
        try workspace.writeBusybox("app")
        try workspace.write(
            "app/Dockerfile",
            Workspace.busyboxDockerfile
                + "RUN mkdir /d && echo hi > /d/f && chown 3:4 /d/f && chmod 4755 /d/f\nENV A=b\n")
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              app:
                context: app
                tags: [one, two]
                labels: {who: me}
                annotations: {why: because}
                outputs:
                  - {oci: out/layout}
                  - {oci-archive: out/app.oci.tar}
                  - {docker-archive: out/app.docker.tar}
                  - {rootfs: out/rootfs}

            """)
        return workspace
    }

    @Test func `layout, archives and root file system hold the same image`() throws {
        let workspace = try prepared()
        let outcome = try workspace.buildAll("batch.yaml")
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        let layout = try workspace.run("skopeo", "inspect", "oci:out/layout:one").output
        #expect(layout.contains(#""who": "me""#))
        let digests = try ["oci:out/layout:one", "oci:out/layout:two", "oci-archive:out/app.oci.tar:one"].map {
            try workspace.run("skopeo", "inspect", "--format", "{{.Digest}}", $0).output
        }
        #expect(Set(digests).count == 1, "\(digests)")
        try workspace.run("skopeo", "inspect", "docker-archive:out/app.docker.tar:app:one")
        try workspace.run("umoci", "unpack", "--image", "out/layout:two", "unpacked")
        let unpacked = try TreeListing.of(workspace.path("unpacked/rootfs"), in: workspace)
        #expect(unpacked.contains { $0.hasPrefix("'d/f' -rwsr-xr-x 3:4") })
        if getuid() == 0 {
            #expect(try TreeListing.of(workspace.path("out/rootfs"), in: workspace) == unpacked)
        }
    }

    @Test func `an existing layout is extended, and a tag is moved`() throws {
        let workspace = try prepared()
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        let before = try workspace.run("skopeo", "inspect", "--format", "{{.Digest}}", "oci:out/layout:two").output
        try workspace.run("sed", "-i", "s/one, two/one, three/", "batch.yaml")
        try workspace.run("sed", "-i", "s/A=b/A=c/", "app/Dockerfile")
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        func digest(_ tag: String) throws -> String {
            try workspace.run("skopeo", "inspect", "--format", "{{.Digest}}", "oci:out/layout:\(tag)").output
        }
        #expect(try digest("two") == before)
        #expect(try digest("one") == digest("three"))
        #expect(try digest("one") != before)
    }

    @Test func `a push sends what is missing, and skopeo reads what was sent`() throws {
        let workspace = try prepared()
        let registry = try LocalRegistry(in: workspace)
        try workspace.write(
            "batch.yaml",
            "version: 1\nregistry: \(registry.host)/team\nimages:\n  app: {context: app, tags: [v1, latest]}\n")
        let outcome = try workspace.buildAll("batch.yaml", "-q")
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        let source = "docker://\(registry.host)/team/app"
        let inspected = try workspace.run(
            "skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", "\(source):v1")
        #expect(outcome.output.contains(inspected.output.trimmingCharacters(in: .newlines)))
        #expect(
            try registry.digest(of: "team/app", tag: "latest", in: workspace)
                == registry.digest(of: "team/app", tag: "v1", in: workspace))
        try workspace.run("skopeo", "copy", "--src-tls-verify=false", "\(source):latest", "oci:copied:x")
        try workspace.run("umoci", "unpack", "--rootless", "--image", "copied:x", "copied-files")
        #expect(try workspace.run("cat", "copied-files/rootfs/d/f").output == "hi\n")
    }

    @Test func `a base image that skopeo pushed is pulled, in Docker's and in OCI's format`() throws {
        let workspace = try prepared()
        let registry = try LocalRegistry(in: workspace)
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        for format in ["v2s2", "oci"] {
            try workspace.run(
                "skopeo", "copy", "--dest-tls-verify=false", "--format", format, "oci:out/layout:one",
                "docker://\(registry.host)/base/\(format):1")
            try workspace.write(
                "on-\(format)/Dockerfile", "FROM \(registry.host)/base/\(format):1\nRUN cat /d/f > /seen\n")
            try workspace.write(
                "pull.yaml",
                "version: 1\nimages:\n  x: {context: on-\(format), outputs: [{oci: pulled-\(format)}]}\n")
            let outcome = try Program.run(
                [Program.buildAll, "pull.yaml", "--state", workspace.path("state-\(format)")], in: workspace.folder)
            #expect(outcome.exitCode == 0, "\(format): \(outcome.errors)")
            try workspace.run("umoci", "unpack", "--rootless", "--image", "pulled-\(format):latest", "files-\(format)")
            #expect(try workspace.run("cat", "files-\(format)/rootfs/seen").output == "hi\n")
        }
    }

    @Test(.enabled(if: getuid() == 0, "podman's storage needs root"))
    func `podman loads both archives`() throws {
        let workspace = try prepared()
        let outcome = try workspace.buildAll("batch.yaml")
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        let podman = [
            "podman", "--storage-driver", "vfs", "--root", workspace.path("podman"), "--runroot",
            workspace.path("podman-run"),
        ]
        let loaded = try Program.run(podman + ["load", "-i", "out/app.docker.tar"], in: workspace.folder)
        #expect(loaded.exitCode == 0 && loaded.output.contains("app:two"), "\(loaded)")
        // `load` takes an OCI archive of one tag only.
        let pulled = try Program.run(podman + ["pull", "oci-archive:out/app.oci.tar:two"], in: workspace.folder)
        #expect(pulled.exitCode == 0, "\(pulled)")
        let shown = try Program.run(
            podman + ["image", "inspect", "--format", "{{.Config.Labels}} {{.Config.Env}}", "app:two"],
            in: workspace.folder)
        #expect(shown.output.contains("who:me") && shown.output.contains("A=b"), "\(shown)")
    }

    @Test func `of an index the platform's manifest is pulled`() throws {
        let workspace = try prepared()
        let registry = try LocalRegistry(in: workspace)
        let outcome = try workspace.buildAll("batch.yaml")
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        try workspace.run(
            "umoci", "config", "--image", "out/layout:two", "--architecture", "s390x", "--config.env", "A=other")
        try pushIndex(of: [("one", "amd64"), ("two", "s390x"), ("one", "arm64")], to: registry, in: workspace)
        try workspace.write("child/Dockerfile", "FROM \(registry.host)/multi/app:1\nRUN echo $A > /seen\n")
        try workspace.write(
            "pull.yaml", "version: 1\nimages:\n  child: {context: child, outputs: [{oci: pulled}]}\n")
        let pulled = try Program.run(
            [Program.buildAll, "pull.yaml", "--state", workspace.path("other")], in: workspace.folder)
        #expect(pulled.exitCode == 0, "\(pulled.errors)")
        try workspace.run("umoci", "unpack", "--rootless", "--image", "pulled:latest", "files")
        #expect(try workspace.run("cat", "files/rootfs/seen").output == "b\n")
    }

    /// An index made by hand: skopeo pushes what there is one of.
    private func pushIndex(
        of members: [(tag: String, architecture: String)], to registry: LocalRegistry, in workspace: Workspace
    ) throws {
        let descriptors = try members.map { tag, architecture in
            let target = "\(registry.host)/multi/app:\(architecture)"
            try workspace.run(
                "skopeo", "copy", "--dest-tls-verify=false", "oci:out/layout:\(tag)", "docker://\(target)")
            let raw = try workspace.run("skopeo", "inspect", "--raw", "oci:out/layout:\(tag)").output
            let digest = try registry.digest(of: "multi/app", tag: architecture, in: workspace) ?? "none"
            return """
                {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "\(digest)", "size": \(raw.utf8.count),
                 "platform": {"os": "linux", "architecture": "\(architecture)"}}
                """
        }
        let type = "application/vnd.oci.image.index.v1+json"
        try workspace.write(
            "index.json",
            #"{"schemaVersion": 2, "mediaType": "\#(type)", "manifests": [\#(descriptors.joined(separator: ", "))]}"#)
        try workspace.run(
            "curl", "-sfS", "-X", "PUT", "-H", "Content-Type: \(type)", "--data-binary", "@index.json",
            "http://\(registry.host)/v2/multi/app/manifests/1")
    }
}
