import Foundation
import TestSupport
import Testing

/// Old entries of a cache repository, and nothing else.
@Suite(.serialized) struct RemotePruneTests {
    /// Puts manifests under tags: an image that was pushed, with the annotation that entries have.
    private func put(_ tags: [(tag: String, created: String?)], in workspace: Workspace, _ host: String) throws {
        let script = """
            import json, sys, urllib.request
            host, tag, created = sys.argv[1:]
            accept = "application/vnd.oci.image.manifest.v1+json"
            base = f"http://{host}/v2/cache/manifests/"
            request = urllib.request.Request(base + "base", headers={"Accept": accept})
            manifest = json.load(urllib.request.urlopen(request))
            if created: manifest["annotations"] = {"build-all.step.created": created, "n": tag}
            data = json.dumps(manifest).encode()
            urllib.request.urlopen(urllib.request.Request(base + tag, data, {"Content-Type": accept}, method="PUT"))
            """
        for (tag, created) in tags { try workspace.run("python3", "-c", script, host, tag, created ?? "") }
    }

    private func tags(_ workspace: Workspace, _ host: String) throws -> [String] {
        let list = try workspace.run("curl", "-sf", "http://\(host)/v2/cache/tags/list").output
        struct Page: Decodable { let tags: [String]? }
        let known = try JSONDecoder().decode(Page.self, from: Data(list.utf8)).tags ?? []
        // The registry lists tags of manifests that are gone, until it collects its garbage.
        return try known.filter { tag in
            try Program.run(
                [
                    "curl", "-sfI", "-H", "Accept: application/vnd.oci.image.manifest.v1+json",
                    "http://\(host)/v2/cache/manifests/\(tag)",
                ], in: workspace.folder
            ).exitCode == 0
        }.sorted()
    }

    private func prepared(_ name: String, deletes: Bool = true) throws -> (Workspace, LocalRegistry) {
        let workspace = try Workspace(name)
        try workspace.writeBase()
        let registry = try LocalRegistry(in: workspace, deletes: deletes)
        try workspace.write(
            "batch.yaml",
            "version: 1\nimages:\n  b: {context: contexts/base, tags: [\"\(registry.host)/cache:base\"]}\n")
        let run = try workspace.buildAll("batch.yaml")
        try #require(run.exitCode == 0, "\(run.errors)")
        return (workspace, registry)
    }

    private static let keys = (1...4).map { String(repeating: "\($0)", count: 63) + "a" }

    @Test func `old entries go, and no tag that is none`() throws {
        let (workspace, registry) = try prepared("prune-remote")
        let now = Date.now.formatted(.iso8601)
        let other = String(repeating: "A", count: 64)
        try put(
            [
                (Self.keys[0], "2020-01-01T00:00:00Z"), (Self.keys[1], now), (Self.keys[2], nil),
                (Self.keys[3], "2021-01-01T00:00:00Z"), (other, "2020-01-01T00:00:00Z"),
                ("old", "2020-01-01T00:00:00Z"),
            ], in: workspace, registry.host)
        // A tag of somebody on the very manifest of an entry keeps it.
        try workspace.run(
            "skopeo", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false",
            "docker://\(registry.host)/cache:\(Self.keys[3])", "docker://\(registry.host)/cache:kept",
            "--preserve-digests")
        let all = try tags(workspace, registry.host)
        let remote = "\(registry.host)/cache"
        let dry = try workspace.buildAll("prune", "--remote", remote, "--older-than", "14d", "--dry-run")
        #expect(dry.exitCode == 0, "\(dry.errors)")
        #expect(dry.output.contains("entries      3"), "\(dry.output)")
        #expect(try tags(workspace, registry.host) == all)
        let real = try workspace.buildAll("prune", "--remote", remote, "--older-than", "14d")
        #expect(real.exitCode == 0, "\(real.errors)")
        #expect(real.errors.contains("garbage"))
        #expect(try tags(workspace, registry.host) == all.filter { $0 != Self.keys[0] })
        #expect(try workspace.buildAll("prune", "--remote", remote, "--older-than", "14d").errors == "")
    }

    @Test func `a cache folder loses old entries, and the blobs that only they have`() throws {
        let workspace = try Workspace("prune-folder")
        try workspace.writeBusybox("app")
        try workspace.write("app/Dockerfile", Workspace.busyboxDockerfile + "COPY f /f\n")
        try workspace.write(
            "batch.yaml",
            "version: 1\nimages: {app: {context: app, cache: {repo: 'oci:shared'}, outputs: [{oci: shared}]}}\n")
        for (text, machine) in [("one", "a"), ("two", "b")] {
            try workspace.write("app/f", text)
            let run = try Program.run(
                [Program.buildAll, "batch.yaml", "--state", workspace.path(machine)], in: workspace.folder)
            try #require(run.exitCode == 0, "\(run.errors)")
        }
        func prune(_ age: String, _ more: String...) throws -> Outcome {
            try Program.run(
                [Program.buildAll, "prune", "--remote", "oci:shared", "--older-than", age] + more
                    + ["--state", workspace.state], in: workspace.folder)
        }
        func count() throws -> Int { try workspace.run("ls", "shared/blobs/sha256").lines.count }
        let all = try count()
        let young = try prune("1h").output
        // Two steps that both machines had, and one that each had.
        #expect(young.contains("entries      4"), "\(young)")
        #expect(try prune("0s", "--dry-run").exitCode == 0)
        #expect(try count() == all)
        let real = try prune("0s")
        #expect(real.exitCode == 0, "\(real.errors)")
        // The image that somebody put there has its name, and what it needs.
        try workspace.run("umoci", "unpack", "--rootless", "--image", "shared:latest", "unpacked")
        #expect(try workspace.run("cat", "unpacked/rootfs/f").output == "two")
        // Manifest, config and three layers; and manifest and config of the image that had the name before.
        #expect(try count() == 7)
        let none = try workspace.buildAll("prune", "--remote", "oci:absent", "--older-than", "1h")
        #expect(none.exitCode == 1)
        #expect(none.errors.contains("absent"))
        #expect(!FileManager.default.fileExists(atPath: workspace.path("absent")))
    }

    @Test func `a registry that does not delete says how it would`() throws {
        let (workspace, registry) = try prepared("prune-remote-fixed", deletes: false)
        try put([(Self.keys[0], "2020-01-01T00:00:00Z")], in: workspace, registry.host)
        let run = try workspace.buildAll("prune", "--remote", "\(registry.host)/cache", "--older-than", "14d")
        #expect(run.exitCode == 1)
        #expect(run.errors.contains("REGISTRY_STORAGE_DELETE_ENABLED=true"), "\(run.errors)")
    }

    @Test(arguments: [
        (["--remote", "localhost:1/cache"], 2, "--older-than"),
        (["--remote", "localhost:1/cache:x", "--older-than", "1d"], 2, "without tag"),
        (["--remote", "UPPER", "--older-than", "1d"], 2, "UPPER"),
        (["--remote", "localhost:1/cache", "--older-than", "1d", "--class", "blobs"], 2, "--class"),
        (["--remote", "localhost:1/cache", "--older-than", "1d"], 4, "localhost:1"),
    ])
    func `what cannot be done is said`(arguments: [String], code: Int32, text: String) throws {
        let workspace = try Workspace("prune-remote-usage")
        let run = try Program.run(
            [Program.buildAll, "prune", "--state", workspace.state] + arguments, in: workspace.folder)
        #expect(run.exitCode == code)
        #expect(run.errors.contains(text), "\(run.errors)")
    }
}
