import Foundation
import TestSupport
import Testing

/// Where images come from and go to, and what that costs: mirrors, mounts, look-ups.
@Suite struct MirrorTests {
    /// A base with a shell in `registry`, as `REPOSITORY:1`, pushed from a state of its own.
    private func pushBase(_ registry: TestRegistry, _ repository: String, in workspace: Workspace) throws {
        try workspace.writeBusybox("base")
        try workspace.write("base/Dockerfile", Workspace.busyboxDockerfile)
        try workspace.write(
            "base.yaml", "version: 1\nimages: {base: {context: base, tags: ['\(registry.host)/\(repository):1']}}\n")
        let outcome = try Program.run(
            [Program.buildAll, "base.yaml", "--state", workspace.path("base-state")], in: workspace.folder)
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        registry.forgetRequests()
    }

    private func write(_ workspace: Workspace, registries: String = "", tag: String, from: String) throws {
        try workspace.write("app/Dockerfile", "FROM \(from)\nENV A=b\n")
        let section = registries.isEmpty ? "" : "registries: {\(registries)}\n"
        try workspace.write("batch.yaml", "version: 1\n\(section)images: {app: {context: app, tags: ['\(tag)']}}\n")
    }

    private func methods(_ registry: TestRegistry) -> [String: Int] {
        registry.requests.reduce(into: [:]) { $0[$1.method, default: 0] += 1 }
    }

    @Test func `an image of which the registry has every layer costs look-ups and one PUT`() throws {
        let registry = TestRegistry()
        let workspace = try Workspace("all-there")
        try workspace.writeBusybox("app")
        try workspace.write("app/Dockerfile", Workspace.busyboxDockerfile + "RUN echo 1 > /1\nRUN echo 2 > /2\n")
        for tag in ["1", "2"] {
            registry.forgetRequests()
            try workspace.write(
                "batch.yaml", "version: 1\nimages: {app: {context: app, tags: ['\(registry.host)/a:\(tag)']}}\n")
            #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        }
        let counts = methods(registry)
        #expect(Set(counts.keys) == ["HEAD", "PUT"])
        #expect(counts["PUT"] == 1)
        #expect(registry.uploadedBytes == 0)
    }

    @Test func `layers of a base in the same registry are mounted, neither fetched nor sent`() throws {
        let registry = TestRegistry()
        let workspace = try Workspace("mounted")
        try pushBase(registry, "team/base", in: workspace)
        try write(workspace, tag: "\(registry.host)/app:1", from: "\(registry.host)/team/base:1")
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        let mounts = registry.requests.filter { $0.method == "POST" && $0.item("from") == "team/base" }
        #expect(mounts.count == 2)
        // The base's config is read; the image's own config is what is sent.
        #expect(registry.count("GET", "/blobs/") == 1)
        #expect(registry.count("PUT", "/blobs/") == 1)
        #expect(registry.manifest("app", "1") != nil)
    }

    @Test(arguments: ["manifest", "environment"])
    func `a base comes from a mirror, and what the mirror lacks from the registry`(place: String) throws {
        let mirror = TestRegistry()
        let registry = TestRegistry()
        let workspace = try Workspace("mirror")
        try pushBase(mirror, "hub/team/base", in: workspace)
        let isInManifest = place == "manifest"
        try write(
            workspace, registries: isInManifest ? "'\(registry.host)': {mirror: ['\(mirror.host)/hub']}" : "",
            tag: "1", from: "\(registry.host)/team/base:1")
        let map = ["BUILD_ALL_REGISTRY_MAP": "\(registry.host)=\(mirror.host)/hub"]
        let outcome = try workspace.buildAll("batch.yaml", environment: isInManifest ? [:] : map)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(!outcome.errors.contains("warning"))
        #expect(registry.requests.isEmpty)

        try write(workspace, tag: "1", from: "\(registry.host)/other:1")
        let missing = try workspace.buildAll("batch.yaml", environment: map)
        #expect(missing.exitCode == 4)
        #expect(registry.count("GET", "/v2/other/manifests/1") == 1)
        #expect(missing.errors.contains("MANIFEST_UNKNOWN"))
    }

    @Test func `a mirror that does not work is a warning`() throws {
        let mirror = TestRegistry(access: .basic(user: "u", password: "p"))
        let registry = TestRegistry()
        let workspace = try Workspace("bad-mirror")
        try pushBase(registry, "team/base", in: workspace)
        try write(
            workspace, registries: "'\(registry.host)': {mirror: ['\(mirror.host)']}", tag: "1",
            from: "\(registry.host)/team/base:1")
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("warning: the mirror \(mirror.host) is passed over: "))
    }

    @Test func `a variable that cannot be understood is an error before anything is built`() throws {
        let workspace = try Workspace("bad-variable")
        try write(workspace, tag: "1", from: "scratch")
        let outcome = try workspace.buildAll("batch.yaml", environment: ["BUILD_ALL_REGISTRY_MAP": "docker.io"])
        #expect(outcome.exitCode == 2)
        #expect(outcome.errors.contains("BUILD_ALL_REGISTRY_MAP: \"docker.io\" is not REGISTRY=VALUE"))
    }

    @Test func `annotations of a base's layers stay, such as the table of contents of eStargz`() throws {
        let registry = TestRegistry()
        let workspace = try Workspace("annotations")
        try pushBase(registry, "base", in: workspace)
        var manifest = try members(try #require(registry.manifest("base", "1")))
        var layers = try #require(manifest["layers"] as? [[String: Any]])
        let toc = ["containerd.io/snapshot/stargz/toc.digest": "sha256:" + String(repeating: "a", count: 64)]
        layers[0]["annotations"] = toc
        manifest["layers"] = layers
        registry.addManifest(
            [UInt8](try JSONSerialization.data(withJSONObject: manifest)),
            mediaType: "application/vnd.oci.image.manifest.v1+json", to: "base", tag: "1")
        try write(workspace, tag: "\(registry.host)/app:1", from: "\(registry.host)/base:1")
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        let ours = try members(try #require(registry.manifest("app", "1")))
        #expect((ours["layers"] as? [[String: Any]])?.first?["annotations"] as? [String: String] == toc)
    }

    private func members(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }
}
