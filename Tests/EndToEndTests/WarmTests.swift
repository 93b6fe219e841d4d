import Foundation
import TestSupport
import Testing

/// Base images ahead of time, and builds that then need no registry.
@Suite(.serialized) struct WarmTests {
    struct Row: Decodable {
        let reference: String
        let platform: String
        let digest: String
        let sizeInBytes: Int64
        let fetchedBytes: Int64
    }

    /// A registry with the images `base` and `tool`, and a batch on them in a state folder of its own.
    final class Bases {
        let workspace: Workspace
        var registry: LocalRegistry?
        let host: String

        init(_ name: String) throws {
            workspace = try Workspace(name)
            try workspace.writeBase()
            let registry = try LocalRegistry(in: workspace)
            self.registry = registry
            host = registry.host
            try workspace.write("contexts/tool/Dockerfile", "FROM base\nRUN echo tool > /tool && chown 5:6 /tool\n")
            try push()
            try workspace.write(
                "batch.yaml", "version: 1\nimages:\n  app: {context: app, outputs: [{oci: out}]}\n")
        }

        /// Builds the bases in another state folder and pushes them.
        func push(_ line: String = "") throws {
            try workspace.write("contexts/base/extra", line)
            try workspace.write(
                "bases.yaml",
                """
                version: 1
                registry: \(host)/b
                images:
                  base: {context: contexts/base, labels: {n: "\(line)"}}
                  tool: {context: contexts/tool, contexts: {base: "image:base"}}

                """)
            let outcome = try Program.run(
                [Program.buildAll, "bases.yaml", "--state", workspace.path("others")], in: workspace.folder)
            try #require(outcome.exitCode == 0, "\(outcome.errors)")
        }

        func warm(_ arguments: String..., expecting code: Int32 = 0) throws -> [Row] {
            let outcome = try Program.run(
                [Program.buildAll, "warm", "--json"] + arguments + ["--state", workspace.state], in: workspace.folder)
            #expect(outcome.exitCode == code, "\(outcome.errors)")
            return try JSONDecoder().decode([Row].self, from: Data(outcome.output.utf8))
        }

        func build(_ arguments: String...) throws -> Outcome {
            try Program.run(
                [Program.buildAll, "batch.yaml"] + arguments + ["--state", workspace.state], in: workspace.folder)
        }

        func expectRightImage() throws {
            try workspace.run("umoci", "unpack", "--rootless", "--image", "out:latest", "files")
            #expect(try workspace.run("cat", "files/rootfs/seen").output == "tool\n")
            try workspace.run("rm", "-rf", "files", "out")
        }
    }

    private func prepared(_ name: String) throws -> Bases {
        let bases = try Bases(name)
        try bases.workspace.write(
            "app/Dockerfile",
            """
            FROM \(bases.host)/b/nothing:latest AS never
            RUN true
            FROM \(bases.host)/b/base:latest
            COPY --from=\(bases.host)/b/tool:latest /tool /tool
            RUN cat /tool > /seen

            """)
        return bases
    }

    @Test func `warm fetches what the needed stages name, unpacks it, and a build without the registry follows`() throws
    {
        let bases = try prepared("warm")
        let rows = try bases.warm("batch.yaml")
        #expect(rows.map(\.reference) == ["\(bases.host)/b/base:latest", "\(bases.host)/b/tool:latest"])
        #expect(rows.allSatisfy { $0.fetchedBytes > 0 && $0.digest.hasPrefix("sha256:") })
        #expect(rows[0].digest == (try bases.registry?.digest(of: "b/base", tag: "latest", in: bases.workspace)))
        #expect(try bases.workspace.run("ls", "state/layers").lines.count >= 3)
        #expect(try bases.workspace.run("ls", "-A", "state/tmp").output == "")
        #expect(try bases.warm("batch.yaml").allSatisfy { $0.fetchedBytes == 0 })
        bases.registry = nil
        #expect(try bases.build().exitCode == 4)
        let offline = try bases.build("--offline")
        #expect(offline.exitCode == 0, "\(offline.errors)")
        try bases.expectRightImage()
    }

    @Test func `some images fail, the others are there, and the exit code says who must act`() throws {
        let bases = try prepared("warm-fail")
        let none = "\(bases.host)/b/none:1"
        #expect(try bases.warm("batch.yaml", "--image", none, expecting: 4).count == 2)
        try bases.workspace.write("batch.yaml", "version: 1\nimages:\n  app: app\n  bad: {inline: \"FRM x\"}\n")
        #expect(try bases.warm("batch.yaml", "--image", none, expecting: 1).count == 2)
        let usage = try bases.workspace.buildAll("warm")
        #expect(usage.exitCode == 2)
        #expect(usage.errors.contains("--image"), "\(usage.errors)")
        #expect(try bases.warm("--image", "\(bases.host)/b/base", "--platform", "linux/arm64", expecting: 0).count == 1)
    }

    @Test func `a folder is filled for others, who only read it`() throws {
        let bases = try prepared("warm-into")
        let filled = try bases.workspace.run(
            "sh", "-c", "umask 077; exec \(Program.buildAll) warm batch.yaml --into shared --json --state state")
        let rows = try JSONDecoder().decode([Row].self, from: Data(filled.output.utf8))
        #expect(rows.count == 2)
        #expect(!FileManager.default.fileExists(atPath: bases.workspace.path("state/layers")))
        let names = try bases.workspace.run("skopeo", "inspect", "--raw", "oci:shared:\(rows[0].reference)")
        #expect(names.output.contains("layers"))
        #expect(try bases.workspace.run("find", "shared", "-not", "-perm", "-o+r", "-not", "-path", "*/.*").lines == [])
        try bases.workspace.run("chmod", "-R", "a-w", "shared")
        defer { Shell("chmod -R u+w '\(bases.workspace.path("shared"))'") }
        // The registry is asked for digests only: without its blobs a build comes about.
        try bases.workspace.run("sh", "-c", "find registry -path '*/blobs/*' -name data -size +1k -delete")
        let run = try bases.build("--base-cache", "shared")
        #expect(run.exitCode == 0, "\(run.errors)")
        try bases.expectRightImage()
        bases.registry = nil
        try bases.workspace.run("rm", "-rf", "state")
        #expect(try bases.build("--base-cache", "shared").exitCode == 4, "the registry has the last word")
        let offline = try Program.run(
            [Program.buildAll, "batch.yaml", "--offline", "--state", bases.workspace.state], in: bases.workspace.folder,
            environment: ["BUILD_ALL_BASE_CACHE": bases.workspace.path("shared")])
        #expect(offline.exitCode == 0, "\(offline.errors)")
        try bases.expectRightImage()
    }

    @Test func `a tag that has moved is taken from the registry, and offline from the folder`() throws {
        let bases = try prepared("warm-moved")
        let old = try bases.warm("batch.yaml", "--into", "shared")
        try bases.push("moved")
        func base(_ arguments: String...) throws -> String? {
            let outcome = try Program.run(
                [Program.buildAll, "batch.yaml", "--base-cache", "shared", "--state", bases.workspace.state]
                    + arguments,
                in: bases.workspace.folder)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            return try bases.workspace.run(
                "sqlite3", "state/ledger.sqlite",
                "SELECT digest FROM materials WHERE role = 'base' ORDER BY build DESC LIMIT 1"
            ).lines.first
        }
        let new = try bases.registry?.digest(of: "b/base", tag: "latest", in: bases.workspace)
        #expect(new != old[0].digest)
        #expect(try base() == new)
        #expect(try base("--offline") == old[0].digest)
    }

    @Test func `a damaged folder is not trusted`() throws {
        let bases = try prepared("warm-damage")
        _ = try bases.warm("batch.yaml", "--into", "shared")
        try bases.workspace.run(
            "sh", "-c",
            "for f in shared/blobs/sha256/*; do chmod u+w $f; printf x | dd of=$f conv=notrunc bs=1 seek=20 2>/dev/null; done"
        )
        let run = try bases.build("--base-cache", "shared")
        #expect(run.exitCode == 0, "\(run.errors)")
        try bases.expectRightImage()
        try bases.workspace.run("rm", "-rf", "state")
        let offline = try bases.build("--base-cache", "shared", "--offline")
        #expect(offline.exitCode == 1)
        #expect(offline.errors.contains("does not know"), "\(offline.errors)")
        try bases.workspace.write("shared/index.json", "{")
        let broken = try bases.build("--base-cache", "shared")
        #expect(broken.exitCode == 0)
        #expect(broken.errors.contains("index.json"), "\(broken.errors)")
        let nothing = try bases.build("--base-cache", "shared", "--offline")
        #expect(nothing.exitCode == 0, "the store has all: \(nothing.errors)")
        let other = try bases.workspace.buildAll("warm", "batch.yaml", "--into", "app")
        #expect(other.exitCode == 3)
        #expect(other.errors.contains("something else"), "\(other.errors)")
    }

    @Test func `several warmers of one folder download once, and one that is killed does no harm`()
        throws
    {
        let bases = try prepared("warm-many")
        let processes = try (0..<4).map { _ in
            try Program.start(
                [Program.buildAll, "warm", "batch.yaml", "--into", "shared", "--json"], in: bases.workspace.folder,
                output: bases.workspace.path("rows-\(UUID())"))
        }
        for process in processes { #expect(process.wait() == 0) }
        let rows = try FileManager.default.contentsOfDirectory(atPath: bases.workspace.folder.path)
            .filter { $0.hasPrefix("rows-") }
            .map {
                try JSONDecoder().decode([Row].self, from: Data(contentsOf: URL(filePath: bases.workspace.path($0))))
            }
        #expect(rows.count == 4)
        // Blobs of two images that share layers: each counts for one of the four.
        let alone = try bases.warm("batch.yaml", "--into", "alone").reduce(0) { $0 + $1.fetchedBytes }
        #expect(rows.joined().reduce(0) { $0 + $1.fetchedBytes } == alone)
        for delay in [2000, 20_000, 60_000, 120_000] as [UInt32] {
            try bases.workspace.run("rm", "-rf", "shared")
            let killed = try Program.start(
                [Program.buildAll, "warm", "batch.yaml", "--into", "shared"], in: bases.workspace.folder)
            usleep(delay)
            killed.send(SIGKILL)
            killed.wait()
            #expect(try bases.warm("batch.yaml", "--into", "shared").count == 2)
            let damaged = try bases.workspace.run(
                "sh", "-c",
                "cd shared/blobs/sha256 && for f in *; do [ \"$(sha256sum < $f | cut -c 1-64)\" = $f ] || echo $f; done"
            )
            #expect(damaged.lines == [])
        }
    }
}
