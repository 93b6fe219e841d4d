import Foundation
import TestSupport
import Testing

/// Other places with steps: folders, images, further repositories.
@Suite struct SharedCacheSourceTests {
    private func prepared(_ cache: String, tags: String = "[]") throws -> Workspace {
        let workspace = try Workspace("shared-sources")
        try workspace.writeBusybox("app")
        try workspace.write(
            "app/Dockerfile", Workspace.busyboxDockerfile + "COPY data.txt /\nRUN cat /data.txt > /copy\n")
        try workspace.write("app/data.txt", "one\n")
        try write(cache, tags: tags, in: workspace)
        return workspace
    }

    private func write(_ cache: String, tags: String = "[]", in workspace: Workspace) throws {
        try workspace.write(
            "batch.yaml", "version: 1\nimages:\n  app: { context: app, tags: \(tags), cache: \(cache) }\n")
    }

    @discardableResult
    private func build(on machine: String, in workspace: Workspace) throws -> (
        steps: String, digest: String?, outcome: Outcome
    ) {
        let outcome = try Program.run(
            [Program.buildAll, "batch.yaml", "--json", "--state", workspace.path(machine)], in: workspace.folder)
        let image = try #require(JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8)).images.first)
        return ("\(image.cachedSteps)/\(image.steps)", image.digest, outcome)
    }

    @Test func `a folder is shared as a repository is, and others can read it`() throws {
        let workspace = try prepared("{ repo: \"oci:cache\" }")
        let first = try build(on: "a", in: workspace)
        #expect(first.steps == "0/4", "\(first.outcome.errors)")
        let second = try build(on: "b", in: workspace)
        #expect(second.steps == "4/4", "\(second.outcome.errors)")
        #expect(second.digest == first.digest)
        // No layer was copied to the other machine.
        let layers = "for f in blobs/sha256/*; do [ $(stat -c %s $f) -lt 2000 ] || echo $f; done"
        #expect(try workspace.run("sh", "-c", "cd b && \(layers)").output == "")
        let index = try workspace.run("cat", "cache/index.json").output
        let document = try JSONSerialization.jsonObject(with: Data(index.utf8)) as? [String: Any]
        let entries = try #require(document?["manifests"] as? [[String: Any]])
        #expect(entries.count == 4)
        let name = try #require(
            (entries.first?["annotations"] as? [String: String])?["org.opencontainers.image.ref.name"])
        #expect(name.count == 64)
        try workspace.run("skopeo", "inspect", "--raw", "oci:\(workspace.path("cache")):\(name)")
    }

    @Test func `several machines write to one folder at once`() throws {
        let workspace = try prepared("{ repo: \"oci:cache\" }")
        var manifest = "version: 1\nimages:\n"
        for number in 0..<6 {
            try workspace.write("app\(number)/Dockerfile", "FROM scratch\nCOPY data.txt /\nCOPY data.txt /\(number)\n")
            try workspace.write("app\(number)/data.txt", "\(number)\n")
            manifest += "  app\(number): { context: app\(number), cache: { repo: \"oci:cache\" } }\n"
        }
        try workspace.write("batch.yaml", manifest)
        try workspace.run(
            "sh", "-c",
            "for m in a b c; do \(Program.buildAll) batch.yaml --state \(workspace.folder.path)/$m 2> $m.log & done; wait"
        )
        let last = try build(on: "d", in: workspace)
        #expect(
            last.outcome.exitCode == 0 && !last.outcome.output.contains("\"cachedSteps\":0"), "\(last.outcome.errors)")
        try workspace.run("sh", "-c", "! grep warning a.log b.log c.log")
    }

    @Test func `a damaged layer of a folder is found, and its step runs`() throws {
        let workspace = try prepared("{ repo: \"oci:cache\" }")
        try build(on: "a", in: workspace)
        try workspace.run(
            "sh", "-c", "cd cache/blobs/sha256 && for f in *; do cp $f x && rm $f && truncate -s -1 x && mv x $f; done")
        let second = try build(on: "b", in: workspace)
        #expect(second.outcome.exitCode == 0, "\(second.outcome.errors)")
        #expect(second.steps == "0/4")
        #expect(try build(on: "c", in: workspace).steps == "4/4")
    }

    @Test(.enabled(if: getuid() != 0)) func `a folder that may only be read is read`() throws {
        let workspace = try prepared("{ repo: \"oci:cache\" }")
        try build(on: "a", in: workspace)
        try workspace.run("chmod", "-R", "a-w", "cache")
        defer { _ = try? workspace.run("chmod", "-R", "u+w", "cache") }
        #expect(try build(on: "b", in: workspace).steps == "4/4")
    }

    @Test func `a further repository is read and not written`() throws {
        let registry = TestRegistry()
        let workspace = try prepared("{ repo: \(registry.host)/one }")
        try build(on: "a", in: workspace)
        try write("{ repo: \(registry.host)/two, from: [\(registry.host)/one] }", in: workspace)
        try workspace.run("sed", "-i", "s/copy/other/", "app/Dockerfile")
        let second = try build(on: "b", in: workspace)
        #expect(second.steps == "3/4", "\(second.outcome.errors)")
        #expect(registry.count("PUT", "/two/manifests/") == 1)
        #expect(registry.count("PUT", "/one/manifests/") == 4)
    }

    @Test(arguments: [false, true])
    func `an image's steps are found by its list, also where the registry keeps none`(keepsLists: Bool) throws {
        let registry = TestRegistry()
        registry.setManner { $0.hasReferrers = keepsLists }
        let image = "\(registry.host)/team/app:main"
        let workspace = try prepared("{ from: [\"\(image)\"] }", tags: "[\"\(image)\"]")
        let first = try build(on: "a", in: workspace)
        #expect(first.outcome.exitCode == 0, "\(first.outcome.errors)")
        registry.forgetRequests()
        let second = try build(on: "b", in: workspace)
        #expect(second.steps == "4/4", "\(second.outcome.errors)")
        #expect(second.digest == first.digest)
        #expect(registry.count("POST", "/blobs/uploads/") == 0)
    }

    @Test func `docker-registry keeps the list of an image under the fallback tag`() throws {
        let workspace = try prepared("{}")
        let registry = try LocalRegistry(in: workspace)
        let image = "\(registry.host)/team/app:main"
        try write("{ from: [\"\(image)\"] }", tags: "[\"\(image)\"]", in: workspace)
        let first = try build(on: "a", in: workspace)
        let second = try build(on: "b", in: workspace)
        #expect(second.steps == "4/4", "\(second.outcome.errors)")
        #expect(second.digest == first.digest)
    }

    @Test func `an image without a list is warned of once, and a missing one too`() throws {
        let registry = TestRegistry()
        let image = "\(registry.host)/team/app:main"
        let workspace = try prepared("{}", tags: "[\"\(image)\"]")
        try build(on: "a", in: workspace)
        try write("{ from: [\"\(image)\", \"\(registry.host)/team/none:1\"] }", in: workspace)
        let second = try build(on: "b", in: workspace)
        #expect(second.outcome.exitCode == 0 && second.steps == "0/4", "\(second.outcome.errors)")
        let warnings = second.outcome.errors.split(separator: "\n").filter { $0.contains("warning") }
        #expect(warnings.count { $0.contains("has no list of its steps") } == 1, "\(second.outcome.errors)")
        #expect(warnings.count { $0.contains("team/none:1") } == 1, "\(second.outcome.errors)")
    }
}
