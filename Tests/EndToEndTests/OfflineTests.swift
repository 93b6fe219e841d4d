import Foundation
import TestSupport
import Testing

/// Builds without a network: from what is known, or a clear error.
@Suite(.serialized) struct OfflineTests {
    private func document(_ outcome: Outcome) throws -> RunDocument {
        try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
    }

    @Test func `all that an image misses is in one error before anything of it is built, and others are built`() throws
    {
        let workspace = try Workspace("offline-missing")
        try workspace.writeBase()
        try workspace.write(
            "app/Dockerfile",
            """
            FROM localhost:1/none:1 AS a
            RUN true
            FROM debian:bookworm
            COPY --from=a / /
            COPY --from=localhost:1/two / /
            RUN --mount=type=bind,from=named,target=/x true

            """)
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              base: contexts/base
              app: {context: app, contexts: {named: "docker-image://localhost:1/named:3"}}
              child: {inline: "FROM app:latest"}

            """)
        let run = try workspace.buildAll("batch.yaml", "--offline", "--json")
        #expect(run.exitCode == 1, "\(run.errors)")
        let images = try document(run).images
        #expect(images.map(\.status) == ["built", "failed", "blocked"])
        #expect(
            images[1].error?.message
                == "offline: this machine does not know localhost:1/none:1, debian:bookworm, localhost:1/two:latest,"
                + " localhost:1/named:3; with a network, build-all warm fetches base images ahead of time")
        #expect(images[1].steps == 0)
    }

    @Test func `what a build has seen is known to the next, also after its images were pruned, or it is said`() throws {
        let bases = try WarmTests.Bases("offline-known")
        try bases.workspace.write("app/Dockerfile", "FROM \(bases.host)/b/tool:latest\nRUN cat /tool > /seen\n")
        #expect(try bases.build().exitCode == 0)
        bases.registry = nil
        let cached = try document(try bases.build("--offline", "--json"))
        #expect(cached.images[0].status == "fresh")
        _ = try bases.workspace.buildAll("prune", "--class", "layers,steps")
        let again = try bases.build("--offline", "--json")
        #expect(again.exitCode == 0, "\(again.errors)")
        #expect(try document(again).images[0].cachedSteps == 0)
        try bases.expectRightImage()
        _ = try bases.workspace.buildAll("prune")
        let run = try bases.build("--offline")
        #expect(run.exitCode == 1)
        #expect(run.errors.contains("does not know \(bases.host)/b/tool:latest"), "\(run.errors)")
    }

    @Test func `a push is refused before anything is done`() throws {
        let workspace = try Workspace("offline-push")
        try workspace.writeBase()
        try workspace.write(
            "batch.yaml",
            "version: 1\nregistry: localhost:1/x\nimages:\n  base: contexts/base\n  other: contexts/base\n")
        let run = try workspace.buildAll("batch.yaml", "--offline")
        #expect(run.exitCode == 2)
        #expect(run.errors.contains("base, other") && run.errors.contains("--no-push"), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: workspace.path("state")))
        #expect(try workspace.buildAll("batch.yaml", "--offline", "--no-push").exitCode == 0)
    }

    @Test func `repositories and files of URLs are what they were, or unknown`() throws {
        let workspace = try Workspace("offline-git")
        try workspace.writeBase()
        for line in ["init -q -b main repo", "-C repo commit -q --allow-empty -m first"] {
            try workspace.run(
                "sh", "-c", "git -c user.name=a -c user.email=a@example.com \(line)",
                environment: ["GIT_CONFIG_GLOBAL": "/dev/null"])
        }
        try workspace.write("repo/file", "one\n")
        func commit() throws {
            try workspace.run(
                "sh", "-c",
                "git -C repo add -A && git -C repo -c user.name=a -c user.email=a@example.com commit -q -m x",
                environment: ["GIT_CONFIG_GLOBAL": "/dev/null"])
        }
        try commit()
        try workspace.write("app/Dockerfile", "FROM base:latest\nCOPY --from=src /file /file\n")
        func manifest(_ branch: String) throws {
            try workspace.write(
                "batch.yaml",
                """
                version: 1
                images:
                  base: contexts/base
                  app:
                    context: app
                    contexts: {src: "file://\(workspace.path("repo"))#\(branch)"}
                    outputs: [{rootfs: out}]

                """)
        }
        try manifest("main")
        let first = try workspace.buildAll("batch.yaml")
        try #require(first.exitCode == 0, "\(first.errors)")
        try workspace.write("repo/file", "two\n")
        try commit()
        let offline = try workspace.buildAll("batch.yaml", "--offline")
        #expect(offline.exitCode == 0, "\(offline.errors)")
        #expect(try workspace.run("cat", "out/file").output == "one\n")
        _ = try workspace.buildAll("prune", "--class", "steps")
        #expect(try workspace.buildAll("batch.yaml", "--offline").exitCode == 0)
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        #expect(try workspace.run("cat", "out/file").output == "two\n")
        try manifest("other")
        let unknown = try workspace.buildAll("batch.yaml", "--offline")
        #expect(unknown.exitCode == 1)
        #expect(unknown.errors.contains("was not fetched before"), "\(unknown.errors)")
    }

    @Test func `a cache repository is not asked, and a main context that was fetched is known`() throws {
        let workspace = try Workspace("offline-cache")
        try workspace.run(
            "sh", "-c",
            """
            git init -q -b main r && cd r && printf 'FROM scratch\nCOPY f /\n' > Dockerfile && echo x > f && git add . \
            && git -c user.name=a -c user.email=a@x commit -qm one
            """)
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              app: { context: "file://\(workspace.path("r"))#main", cache: { repo: "127.0.0.1:1/cache" } }
              other: { context: "file://\(workspace.path("r"))#other" }
            """)
        let first = try workspace.buildAll("batch.yaml", "app")
        #expect(first.exitCode == 0, "\(first.errors)")
        #expect(first.errors.contains("cache 127.0.0.1:1/cache cannot be read"), "\(first.errors)")
        let known = try workspace.buildAll("batch.yaml", "app", "--offline", "--json")
        #expect(known.exitCode == 0, "\(known.errors)")
        #expect(!known.errors.contains("cache 127"), "\(known.errors)")
        #expect(try document(known).images.first?.status == "fresh")
        let explained = try workspace.buildAll("explain", "batch.yaml", "app", "--offline", "--exit-code")
        #expect(explained.exitCode == 0, "\(explained.errors)")
        let unknown = try workspace.buildAll("batch.yaml", "other", "--offline")
        #expect(unknown.exitCode != 0)
        #expect(unknown.errors.contains("was not fetched before"), "\(unknown.errors)")
    }
}
