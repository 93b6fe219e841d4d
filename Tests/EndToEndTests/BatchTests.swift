import Foundation
import TestSupport
import Testing

/// Many images in one run: order, failures, what the ledger and the registry say.
@Suite struct BatchTests {
    /// Twenty images: a base, a diamond on it, chains, and `broken` with two descendants.
    static let edges: [(name: String, parents: [String])] = {
        var edges: [(String, [String])] = [
            ("base", []), ("left", ["base"]), ("right", ["base"]), ("diamond", ["left", "right"]),
            ("broken", ["left"]), ("below-broken", ["broken"]), ("further-below", ["below-broken", "right"]),
        ]
        for number in 1...12 { edges.append(("leaf-\(number)", [number % 2 == 0 ? "diamond" : "base"])) }
        edges.append(("last", ["leaf-1", "leaf-2"]))
        return edges
    }()

    private func write(_ workspace: Workspace, registry: String) throws {
        try workspace.writeBusybox("base")
        try workspace.write("base/Dockerfile", Workspace.busyboxDockerfile)
        var manifest = "version: 1\nregistry: \(registry)/batch\nimages:\n  base: base\n"
        for (name, parents) in Self.edges where name != "base" {
            var lines = ["FROM \(registry)/batch/\(parents[0]):latest", "RUN echo \(name) > /\(name)"]
            for parent in parents.dropFirst() {
                lines.append("COPY --from=\(registry)/batch/\(parent):latest /\(parent) /from-\(parent)")
            }
            if name == "broken" { lines.append("RUN echo about to fail; exit 3") }
            try workspace.write("\(name)/Dockerfile", lines.joined(separator: "\n") + "\n")
            manifest += "  \(name): \(name)\n"
        }
        try workspace.write("batch.yaml", manifest)
    }

    @Test func `a failed image blocks exactly its descendants, and ledger and registry agree with what is shown`()
        throws
    {
        let workspace = try Workspace("batch")
        let registry = try LocalRegistry(in: workspace)
        try write(workspace, registry: registry.host)
        let outcome = try workspace.buildAll("batch.yaml", "-j", "4", "--json")
        #expect(outcome.exitCode == 1, "\(outcome.errors)")
        let document = try #require(
            JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let images = try #require(document["images"] as? [[String: Any]])
        #expect(images.count == 20)
        var shown: [String: (status: String, digest: String?)] = [:]
        for image in images {
            shown[try #require(image["image"] as? String)] = (
                try #require(image["status"] as? String), image["digest"] as? String
            )
        }
        for (name, image) in shown {
            let expected = ["broken": "failed", "below-broken": "blocked", "further-below": "blocked"][name] ?? "built"
            #expect(image.status == expected, "\(name)")
            let pushed = try registry.digest(of: "batch/\(name)", tag: "latest", in: workspace)
            #expect(pushed == image.digest, "\(name): the registry has another digest")
        }
        let rows = try workspace.run(
            "sqlite3", workspace.path("state/ledger.sqlite"), "SELECT image, status, ifnull(digest, '') FROM builds"
        ).lines
        #expect(
            Set(rows) == Set(shown.map { "\($0.key)|\($0.value.status)|\($0.value.digest ?? "")" }))
        #expect(outcome.errors.contains("exit code: 3"))
    }

    @Test func `--fail-fast cancels what has not ended`() throws {
        let workspace = try Workspace("fail-fast")
        try workspace.writeBusybox("base")
        try workspace.write("base/Dockerfile", Workspace.busyboxDockerfile)
        try workspace.write("bad/Dockerfile", "FROM base\nRUN exit 1\n")
        try workspace.write("slow/Dockerfile", "FROM base\nRUN sleep 600\n")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  base: base\n  bad: bad\n  slow: slow\n")
        let outcome = try workspace.buildAll("batch.yaml", "-j", "2", "--fail-fast", "--json")
        #expect(outcome.exitCode == 1)
        #expect(outcome.output.contains(#""cancelled""#))
    }

    @Test func `a child builds on the digest its parent just got`() throws {
        let workspace = try Workspace("child")
        let registry = try LocalRegistry(in: workspace)
        try workspace.writeBusybox("parent")
        try workspace.write("parent/Dockerfile", Workspace.busyboxDockerfile + "RUN echo one > /version\n")
        try workspace.write("child/Dockerfile", "FROM \(registry.host)/p/parent:latest\nRUN cp /version /seen\n")
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            registry: \(registry.host)/p
            images:
              child: {context: child, outputs: [push, {rootfs: out}]}
              parent: parent

            """)
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        #expect(try workspace.run("cat", "out/seen").output == "one\n")
        try workspace.write("parent/Dockerfile", Workspace.busyboxDockerfile + "RUN echo two > /version\n")
        let second = try workspace.buildAll("batch.yaml", "--no-push")
        #expect(second.exitCode == 0, "\(second.errors)")
        #expect(try workspace.run("cat", "out/seen").output == "two\n")
    }

    @Test func `without a push nothing says that an image is where it would have been pushed`() throws {
        let workspace = try Workspace("no-push")
        let registry = TestRegistry()
        try workspace.writeBusybox("app")
        try workspace.write("app/Dockerfile", Workspace.busyboxDockerfile)
        try workspace.write("local/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              app: {context: app, tags: ["\(registry.host)/team/app:1"]}
              laid: {context: app, tags: ["\(registry.host)/team/laid:1"], outputs: [push, {oci: out}]}
              local: {context: local, tags: [one]}

            """)
        func arrows(_ arguments: String...) throws -> [String] {
            let outcome = try Program.run(
                [Program.buildAll, "batch.yaml", "--json", "--progress", "plain", "--state", workspace.state]
                    + arguments,
                in: workspace.folder)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            let shown = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("  -> ") }.map {
                String($0.dropFirst(5))
            }
            let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
            #expect(document.images.flatMap(\.tags).sorted() == shown.sorted())
            if arguments.contains("--no-push") { #expect(!outcome.errors.contains(registry.host), "\(outcome.errors)") }
            return shown.sorted()
        }
        let kept = try arrows("--no-push")
        #expect(kept.count == 1 && kept[0].hasSuffix("local:one"))
        #expect(registry.requests.isEmpty)
        #expect(FileManager.default.fileExists(atPath: workspace.path("out/index.json")))
        let query = "SELECT count(*) FROM tags WHERE ref LIKE '\(registry.host)%'"
        let database = workspace.path("state/ledger.sqlite")
        #expect(try workspace.run("sqlite3", database, query).output == "0\n")
        let all = ["\(registry.host)/team/app:1", "\(registry.host)/team/laid:1"] + kept
        #expect(try arrows() == all.sorted())
        #expect(try workspace.run("sqlite3", database, query).output == "2\n")
    }
}
