import Foundation
import TestSupport
import Testing

/// Caches that machines share: two state folders are two machines.
@Suite struct SharedCacheTests {
    /// An image of four steps and one that is a copy of a stage.
    static let dockerfile =
        Workspace.busyboxDockerfile + """
            COPY data.txt /
            RUN cat /data.txt > /copy
            LABEL a=b

            """

    private func prepared(
        _ cache: String, tags: String = "[]", dockerfile: String = dockerfile
    ) throws -> Workspace {
        let workspace = try Workspace("shared-cache")
        try workspace.writeBusybox("app")
        try workspace.write("app/Dockerfile", dockerfile)
        try workspace.write("app/data.txt", "one\n")
        try write(cache, tags: tags, in: workspace)
        return workspace
    }

    private func write(_ cache: String, tags: String = "[]", in workspace: Workspace) throws {
        try workspace.write(
            "batch.yaml", "version: 1\nimages:\n  app: { context: app, tags: \(tags), cache: \(cache) }\n")
    }

    /// A build on a machine of its own.
    @discardableResult
    private func build(
        on machine: String, in workspace: Workspace, _ arguments: String...
    ) throws -> (image: RunDocument.Image, outcome: Outcome) {
        let outcome = try Program.run(
            [Program.buildAll, "batch.yaml", "--json", "--state", workspace.path(machine)] + arguments,
            in: workspace.folder)
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        let image = try #require(document.images.first)
        return (image, outcome)
    }

    private func steps(_ image: RunDocument.Image) -> String { "\(image.cachedSteps)/\(image.steps)" }

    // MARK: - Hits

    @Test func `what one machine built another finds: nothing runs, the digest is the same`() throws {
        let workspace = try Workspace("shared-cache")
        let registry = try LocalRegistry(in: workspace)
        try workspace.writeBusybox("app")
        try workspace.write("app/Dockerfile", Self.dockerfile)
        try workspace.write("app/data.txt", "one\n")
        try write("{ repo: \(registry.host)/team/cache }", tags: "[\(registry.host)/team/app:1]", in: workspace)
        let first = try build(on: "a", in: workspace)
        #expect(steps(first.image) == "0/4", "\(first.outcome.errors)")
        // The other machine has files of other times and another owner's mode bits of folders.
        try workspace.run("sh", "-c", "find app -exec touch -d '2001-01-01' {} +")
        let second = try build(on: "b", in: workspace)
        #expect(steps(second.image) == "4/4", "\(second.outcome.errors)")
        #expect(second.image.digest == first.image.digest)
    }

    @Test func `config before the first layer has no time of its own: the digest is the same elsewhere`() throws {
        let registry = TestRegistry()
        let workspace = try prepared(
            "{ repo: \(registry.host)/cache }",
            dockerfile: "FROM scratch\nLABEL a=b\nENV X=1\nCOPY data.txt /\nCMD [\"x\"]\n")
        let first = try build(on: "a", in: workspace)
        let second = try build(on: "b", in: workspace)
        #expect(steps(second.image) == "1/1", "\(second.outcome.errors)")
        #expect(second.image.digest == first.image.digest)
    }

    @Test func `a build of hits alone downloads no layer and pushes by mounting`() throws {
        let registry = TestRegistry()
        let workspace = try prepared("{ repo: \(registry.host)/team/cache }")
        try build(on: "a", in: workspace)
        try write(
            "{ repo: \(registry.host)/team/cache }", tags: "[\(registry.host)/team/app:1]", in: workspace)
        registry.forgetRequests()
        let second = try build(on: "b", in: workspace)
        #expect(steps(second.image) == "4/4", "\(second.outcome.errors)")
        #expect(registry.manifest("team/app", "1") != nil)
        // Look-ups: a manifest and the size of its layer for each step. No blob comes down.
        #expect(registry.count("GET", "/team/cache/manifests/") == 4)
        #expect(registry.count("GET", "/blobs/") == 0)
        // Of what goes up only the config and the list of steps have bytes.
        let mounts = registry.requests.filter { $0.method == "POST" && $0.query.contains { $0.name == "mount" } }
        #expect(mounts.count >= 4)
        #expect(registry.uploadedBytes < 20_000)
    }

    @Test func `a step that runs gets the layers below it, and no others`() throws {
        let registry = TestRegistry()
        let workspace = try prepared("{ repo: \(registry.host)/cache }")
        try build(on: "a", in: workspace)
        try workspace.run("sh", "-c", "sed -i 's/cat .data.txt/cat \\/data.txt \\/data.txt/' app/Dockerfile")
        registry.forgetRequests()
        let second = try build(on: "b", in: workspace)
        #expect(steps(second.image) == "3/4", "\(second.outcome.errors)")
        #expect(registry.count("GET", "/blobs/") == 3)
        // What it made is there for the first machine.
        let third = try build(on: "a", in: workspace)
        #expect(steps(third.image) == "4/4", "\(third.outcome.errors)")
        #expect(third.image.digest == second.image.digest)
    }

    @Test func `a build that finds everything here asks no cache`() throws {
        let registry = TestRegistry()
        let workspace = try prepared("{ repo: \(registry.host)/cache }")
        try build(on: "a", in: workspace)
        registry.forgetRequests()
        #expect(try steps(build(on: "a", in: workspace).image) == "4/4")
        #expect(registry.requests.isEmpty)
    }

    @Test func `what was swept from a cache is written back by a machine that has it, once a day`() throws {
        let registry = TestRegistry()
        let workspace = try prepared("{ repo: \(registry.host)/cache }")
        try build(on: "a", in: workspace)
        registry.removeManifests(of: "cache")
        // What it was told today it believes.
        #expect(try steps(build(on: "a", in: workspace).image) == "4/4")
        #expect(registry.tags("cache").isEmpty)
        try workspace.run(
            "sh", "-c", "touch -d '2 days ago' a/cache/shared/*; touch -d '2 days ago' a/cache/shared/old")
        #expect(try steps(build(on: "a", in: workspace).image) == "4/4")
        #expect(registry.tags("cache").count == 4)
        #expect(try steps(build(on: "b", in: workspace).image) == "4/4")
        // Marks that nobody needs any more go.
        #expect(try workspace.run("sh", "-c", "ls a/cache/shared | wc -l").output == "4\n")
    }

    @Test func `a cache that is new gets what this machine has`() throws {
        let registry = TestRegistry()
        let workspace = try prepared("{}")
        try build(on: "a", in: workspace)
        try write("{ repo: \(registry.host)/cache }", in: workspace)
        #expect(try steps(build(on: "a", in: workspace).image) == "4/4")
        #expect(try steps(build(on: "b", in: workspace).image) == "4/4")
    }

    @Test func `outputs get the layers that were left where they are`() throws {
        let registry = TestRegistry()
        let workspace = try prepared("{ repo: \(registry.host)/cache }")
        try build(on: "a", in: workspace)
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              app: { context: app, cache: { repo: \(registry.host)/cache }, outputs: [{ oci: out }] }
            """)
        let second = try build(on: "b", in: workspace)
        #expect(steps(second.image) == "4/4", "\(second.outcome.errors)")
        try workspace.run("umoci", "unpack", "--rootless", "--image", workspace.path("out") + ":latest", "bundle")
        #expect(try workspace.run("cat", "bundle/rootfs/copy").output == "one\n")
    }

    // MARK: - Modes

    @Test func `min writes the steps of the image itself, max those of all stages`() throws {
        let stages =
            Workspace.busyboxDockerfile.replacingOccurrences(of: "FROM scratch", with: "FROM scratch AS build")
            + "RUN echo hi > /hi\nFROM scratch\nCOPY --from=build /hi /\n"
        for (mode, expected) in [("min", 1), ("max", 4)] {
            let registry = TestRegistry()
            let workspace = try prepared(
                "{ mode: \(mode), repo: \(registry.host)/cache }", dockerfile: stages)
            try build(on: "a", in: workspace)
            #expect(registry.count("PUT", "/cache/manifests/") == expected)
        }
    }

    @Test func `off asks and writes nothing, --no-push writes nothing to a registry, --no-cache overwrites`() throws {
        let registry = TestRegistry()
        let workspace = try prepared("{ mode: off, repo: \(registry.host)/cache }")
        try build(on: "a", in: workspace)
        #expect(registry.requests.isEmpty)
        try write("{ repo: \(registry.host)/cache }", in: workspace)
        try build(on: "b", in: workspace, "--no-push")
        #expect(registry.count("PUT") == 0)
        try build(on: "b", in: workspace, "--no-cache")
        #expect(registry.count("PUT", "/manifests/") == 4)
        #expect(try steps(build(on: "c", in: workspace).image) == "4/4")
        #expect(try steps(build(on: "d", in: workspace, "--no-push").image) == "4/4")
    }

    @Test func `steps of fresh stages run always, and by number too`() throws {
        let workspace = try prepared("{ fresh: [\"0\"] }")
        try build(on: "a", in: workspace)
        #expect(try steps(build(on: "a", in: workspace).image) == "0/4")
        try write("{ fresh: [nowhere] }", in: workspace)
        let wrong = try build(on: "a", in: workspace)
        #expect(wrong.image.error?.message.contains("has no stage nowhere") == true)
    }

    @Test func `a result older than ttl is none, here and elsewhere, and is recorded anew`() throws {
        let registry = TestRegistry()
        let workspace = try prepared("{ ttl: 14d, repo: \(registry.host)/cache }")
        try build(on: "a", in: workspace)
        #expect(try steps(build(on: "a", in: workspace).image) == "4/4")
        try workspace.run(
            "sh", "-c",
            "find a/cache -maxdepth 1 -type f | xargs sed -i 's/\"recorded\":[0-9]*/\"recorded\":1000000000/'")
        for tag in registry.tags("cache") {
            let manifest = String(decoding: try #require(registry.manifest("cache", tag)), as: UTF8.self)
            let old = manifest.replacing(#/created":"20../#) { _ in "created\":\"2001" }
            registry.addManifest(
                Array(old.utf8), mediaType: "application/vnd.oci.image.manifest.v1+json", to: "cache", tag: tag)
        }
        // What a machine has written is noted with the second in which it was recorded: the same again is another one's.
        sleep(1)
        for machine in ["a", "b"] {
            // The second finds what the first has recorded anew.
            let again = try build(on: machine, in: workspace)
            #expect(steps(again.image) == (machine == "a" ? "0/4" : "4/4"), "\(again.outcome.errors)")
        }
        let why = try Program.run(
            [Program.buildAll, "history", "why", "app", "--state", workspace.path("a")], in: workspace.folder)
        #expect(why.output.contains("step 1 (COPY busybox /bin/busybox) missed: its result is older than cache.ttl"))
    }

    // MARK: - Secrets

    @Test func `no value of a variable is in an entry`() throws {
        let registry = TestRegistry()
        let workspace = try prepared(
            "{ repo: \(registry.host)/cache }",
            dockerfile: Workspace.busyboxDockerfile + "ARG TOKEN\nENV OTHER=hunter3\nRUN echo hi > /hi\n")
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              app: { context: app, args: { TOKEN: hunter2 }, cache: { repo: \(registry.host)/cache } }
            """)
        try build(on: "a", in: workspace)
        for tag in registry.tags("cache") {
            let manifest = try #require(registry.manifest("cache", tag))
            let text = String(decoding: manifest, as: UTF8.self)
            #expect(!text.contains("hunter") && !text.contains("TOKEN"))
            #expect(text.contains("build-all.step.created"))
        }
    }
}
