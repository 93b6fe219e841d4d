import Foundation
import TestSupport
import Testing

/// Shared caches that fail, lie, or are damaged: the step runs, and the image comes about.
@Suite struct SharedCacheFaultTests {
    private let registry = TestRegistry()

    private func prepared(_ extra: String = "") throws -> Workspace {
        let workspace = try Workspace("shared-faults")
        try workspace.writeBusybox("app")
        try workspace.write(
            "app/Dockerfile", Workspace.busyboxDockerfile + "COPY data.txt /\nRUN cat /data.txt > /copy\n" + extra)
        try workspace.write("app/data.txt", "one\n")
        try workspace.write(
            "batch.yaml", "version: 1\nimages:\n  app: { context: app, cache: { repo: \(registry.host)/cache } }\n")
        return workspace
    }

    /// The second step gives another layer each time: what is above it is looked for in vain.
    private func preparedAnew() throws -> Workspace {
        let workspace = try prepared()
        try workspace.write(
            "app/Dockerfile",
            """
            FROM scratch
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "sh", "-c", "/bin/busybox --install -s /bin; cat /proc/sys/kernel/random/uuid > /id"]
            COPY data.txt /
            RUN cat /data.txt > /copy

            """)
        return workspace
    }

    @discardableResult
    private func build(on machine: String, in workspace: Workspace) throws -> (steps: String, outcome: Outcome) {
        let outcome = try Program.run(
            [Program.buildAll, "batch.yaml", "--json", "--state", workspace.path(machine)], in: workspace.folder)
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        let image = try #require(document.images.first)
        return ("\(image.cachedSteps)/\(image.steps)", outcome)
    }

    private func warnings(_ outcome: Outcome) -> [String] {
        outcome.errors.split(separator: "\n").map(String.init).filter { $0.contains("cache ") }
    }

    /// The entry of the step that made the layer of `RUN cat`, which is the last in the file.
    private func entries(_ workspace: Workspace) throws -> [(tag: String, layer: String)] {
        try registry.tags("cache").map { tag in
            let manifest =
                try JSONSerialization.jsonObject(
                    with: Data(try #require(registry.manifest("cache", tag)))) as? [String: Any]
            let layer = try #require((manifest?["layers"] as? [[String: Any]])?.first?["digest"] as? String)
            return (tag, layer)
        }
    }

    private func rewrite(_ tag: String, _ change: (String) -> String) throws {
        let manifest = String(decoding: try #require(registry.manifest("cache", tag)), as: UTF8.self)
        registry.addManifest(
            Array(change(manifest).utf8), mediaType: "application/vnd.oci.image.manifest.v1+json", to: "cache",
            tag: tag)
    }

    @Test(arguments: [
        "no JSON", "another key", "two layers", "no diffID", "another schema", "an index", "a lost layer",
    ])
    func `an entry that cannot be used is told once, its step runs, and it is written anew`(fault: String) throws {
        let workspace = try preparedAnew()
        try build(on: "a", in: workspace)
        for entry in try entries(workspace) {
            switch fault {
            case "no JSON": try rewrite(entry.tag) { String($0.dropLast(20)) }
            case "another key": try rewrite(entry.tag) { $0.replacing(entry.tag, with: String(entry.tag.reversed())) }
            case "two layers":
                try rewrite(entry.tag) { text in
                    text.replacing(#/"layers":\[(\{[^}]*\})\]/#) { "\"layers\":[\($0.output.1),\($0.output.1)]" }
                }
            case "no diffID": try rewrite(entry.tag) { $0.replacing("build-all.step.diff-id", with: "x") }
            case "another schema": try rewrite(entry.tag) { $0.replacing("build-all step", with: "other step") }
            case "an index":
                try rewrite(entry.tag) { _ in
                    #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#
                }
            default: registry.damage(entry.layer, nil)
            }
        }
        let second = try build(on: "b", in: workspace)
        #expect(second.outcome.exitCode == 0, "\(second.outcome.errors)")
        #expect(second.steps == "0/4", "\(second.outcome.errors)")
        #expect(warnings(second.outcome).count == 2, "\(second.outcome.errors)")
        #expect(try build(on: "c", in: workspace).steps == "4/4")
    }

    @Test func `a layer that is shorter in the registry is found by its size`() throws {
        let workspace = try preparedAnew()
        try build(on: "a", in: workspace)
        for entry in try entries(workspace) {
            registry.damage(entry.layer, registry.bytes(entry.layer).map { Array($0.dropLast()) })
        }
        let second = try build(on: "b", in: workspace)
        #expect(second.steps == "0/4", "\(second.outcome.errors)")
        #expect(warnings(second.outcome).count == 2, "\(second.outcome.errors)")
        let third = try build(on: "c", in: workspace)
        #expect(third.steps == "4/4", "\(second.outcome.errors) \(third.outcome.errors)")
    }

    private func claimAnotherDiffID(_ tag: String) throws {
        let other = "sha256:" + String(repeating: "ab", count: 32)
        try rewrite(tag) { text in
            text.replacing(#/"build-all.step.diff-id":"[^"]*"/#) { _ in "\"build-all.step.diff-id\":\"\(other)\"" }
        }
    }

    @Test func `a layer with other bytes is found when it is downloaded, and its step runs`() throws {
        let workspace = try prepared()
        try build(on: "a", in: workspace)
        for entry in try entries(workspace) {
            registry.damage(entry.layer, registry.bytes(entry.layer).map { $0.dropLast() + [($0.last ?? 0) ^ 1] })
        }
        // The last step misses, and so the layers below it are needed.
        try workspace.write("app/Dockerfile", Workspace.busyboxDockerfile + "COPY data.txt /\nRUN cat /data.txt > /x\n")
        let second = try build(on: "b", in: workspace)
        #expect(second.outcome.exitCode == 0, "\(second.outcome.errors)")
        // The first ran when it was found out, and was there when the second was.
        #expect(second.steps == "1/4", "\(second.outcome.errors)")
        #expect(try build(on: "c", in: workspace).steps == "4/4")
    }

    @Test func `a layer that unpacks to another diffID is found, and its step runs`() throws {
        let workspace = try prepared()
        try build(on: "a", in: workspace)
        for entry in try entries(workspace) { try claimAnotherDiffID(entry.tag) }
        let second = try build(on: "b", in: workspace)
        #expect(second.outcome.exitCode == 0, "\(second.outcome.errors)")
        #expect(try build(on: "c", in: workspace).steps == "4/4")
        try workspace.run("test", "-e", "b/ledger.sqlite")
    }

    @Test func `an output that needs a layer with other bytes gets the one that is made anew`() throws {
        let workspace = try prepared()
        try build(on: "a", in: workspace)
        for entry in try entries(workspace) {
            registry.damage(entry.layer, registry.bytes(entry.layer).map { $0.dropLast() + [($0.last ?? 0) ^ 1] })
        }
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              app: { context: app, cache: { repo: \(registry.host)/cache }, outputs: [{ oci: out }] }
            """)
        let second = try build(on: "b", in: workspace)
        #expect(second.outcome.exitCode == 0, "\(second.outcome.errors)")
        try workspace.run("umoci", "unpack", "--rootless", "--image", workspace.path("out") + ":latest", "bundle")
        #expect(try workspace.run("cat", "bundle/rootfs/copy").output == "one\n")
    }

    @Test(arguments: ["damaged", "another"])
    func `an image on another of the batch is built when the other's cached layers are not what was said`(
        how: String
    ) throws {
        let workspace = try prepared()
        try workspace.write("child/Dockerfile", "FROM app:latest\nRUN cat /copy > /child\n")
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            defaults: { cache: { repo: \(registry.host)/cache } }
            images: { app: app, child: child }
            """)
        try build(on: "a", in: workspace)
        for entry in try entries(workspace) {
            if how == "damaged" {
                registry.damage(entry.layer, registry.bytes(entry.layer).map { $0.dropLast() + [($0.last ?? 0) ^ 1] })
            } else {
                try claimAnotherDiffID(entry.tag)
            }
        }
        try workspace.write("child/Dockerfile", "FROM app:latest\nRUN cat /copy > /other\n")
        let second = try build(on: "b", in: workspace)
        #expect(second.outcome.exitCode == 0, "\(second.outcome.errors)")
        #expect(try build(on: "c", in: workspace).outcome.exitCode == 0)
    }

    @Test(arguments: ["gone", "damaged"])
    func `an output that needs the lost layers of an image below gets them made anew`(how: String) throws {
        let workspace = try prepared()
        try workspace.write("middle/Dockerfile", "FROM app:latest\nRUN echo middle > /middle\n")
        try workspace.write("child/Dockerfile", "FROM middle:latest\nRUN cat /copy > /child\n")
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            defaults: { cache: { repo: \(registry.host)/cache } }
            images: { app: app, middle: middle, child: { context: child, outputs: [{ oci: out }] } }
            """)
        try build(on: "a", in: workspace)
        for entry in try entries(workspace) {
            let bytes = registry.bytes(entry.layer)
            if how == "gone" {
                registry.inject(.status(404), method: "GET", path: "/blobs/\(entry.layer)", times: 1000)
            } else {
                registry.damage(entry.layer, bytes.map { $0.dropLast() + [($0.last ?? 0) ^ 1] })
            }
        }
        try workspace.run("rm", "-rf", "out")
        let second = try build(on: "b", in: workspace)
        #expect(second.outcome.exitCode == 0, "\(second.outcome.errors)")
        try workspace.run("umoci", "unpack", "--rootless", "--image", "out:latest", "bundle")
        #expect(try workspace.run("cat", "bundle/rootfs/child", "bundle/rootfs/middle").output == "one\nmiddle\n")
    }

    @Test(arguments: [401, 403, 500])
    func `a registry that answers with an error is warned of once, and the image is built`(status: Int) throws {
        let workspace = try prepared()
        try build(on: "a", in: workspace)
        registry.inject(.status(status), method: "GET", path: "/cache/manifests/", times: 1000)
        let second = try build(on: "b", in: workspace)
        #expect(second.outcome.exitCode == 0, "\(second.outcome.errors)")
        #expect(second.steps == "0/4")
        #expect(warnings(second.outcome).count == 1, "\(second.outcome.errors)")
    }

    @Test func `a registry that takes nothing is warned of once, and the image is built`() throws {
        let workspace = try prepared()
        registry.inject(.status(403), method: "POST", path: "/cache/", times: 1000)
        let first = try build(on: "a", in: workspace)
        #expect(first.outcome.exitCode == 0, "\(first.outcome.errors)")
        #expect(warnings(first.outcome).count == 1, "\(first.outcome.errors)")
    }

    @Test func `a registry that is not there is warned of once`() throws {
        let workspace = try prepared()
        registry.stop()
        let first = try build(on: "a", in: workspace)
        #expect(first.outcome.exitCode == 0, "\(first.outcome.errors)")
        #expect(first.steps == "0/4")
        #expect(warnings(first.outcome).count == 1, "\(first.outcome.errors)")
    }

    @Test func `a damaged blob of our own store is found when it is needed`() throws {
        let workspace = try prepared()
        try build(on: "a", in: workspace)
        try workspace.run(
            "sh", "-c",
            """
            rm -rf a/layers/* && for f in a/blobs/sha256/*; do chmod u+w $f; printf X | \
            dd of=$f bs=1 seek=$(($(stat -c %s $f) - 4)) conv=notrunc status=none; done
            """)
        try workspace.write("app/Dockerfile", Workspace.busyboxDockerfile + "COPY data.txt /\nRUN cat /data.txt > /x\n")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  app: app\n")
        let second = try build(on: "a", in: workspace)
        #expect(second.outcome.exitCode == 0, "\(second.outcome.errors)")
        #expect(second.steps == "1/4", "\(second.outcome.errors)")
    }
}
