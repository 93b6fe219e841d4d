import Foundation
import Testing

/// Stages of one image that run side by side.
@Suite struct StageTests {
    private func workspace(_ dockerfile: String, limits: String = "") throws -> Workspace {
        let workspace = try Workspace("stages")
        try workspace.writeBusybox("base")
        try workspace.write("base/Dockerfile", Workspace.busyboxDockerfile)
        try workspace.write("app/Dockerfile", dockerfile)
        try workspace.write(
            "batch.yaml",
            "version: 1\nimages:\n  base: base\n  app:\n    context: app\n    outputs: [{rootfs: app.root}]\n\(limits)")
        return workspace
    }

    /// Writes its own mark into a cache that both stages see, and waits for the other's.
    private static func meeting(_ stage: String, _ other: String) -> String {
        """
        FROM base AS \(stage)
        RUN --mount=type=cache,target=/meet touch /meet/\(stage); for i in $(seq 600); do \
        [ -e /meet/\(other) ] && echo met > /\(stage) && exit 0; sleep 0.1; done; echo "\(other) did not come"; exit 1

        """
    }

    private static let together = """
        FROM base
        COPY --from=a /a /
        COPY --from=b /b /

        """

    @Test func `stages that need nothing of each other run at the same time`() throws {
        let workspace = try workspace(Self.meeting("a", "b") + Self.meeting("b", "a") + Self.together)
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(try workspace.run("cat", "app.root/a", "app.root/b").output == "met\nmet\n")
    }

    @Test func `limits.cpus bounds the steps that run at once`() throws {
        let alone = """
            RUN --mount=type=cache,target=/meet mkdir /meet/busy && sleep 0.3 && rmdir /meet/busy && touch

            """
        let stages = ["a", "b", "c"].map { "FROM base AS \($0)\n\(alone.dropLast()) /\($0)\n" }.joined()
        let copies = ["a", "b", "c"].map { "COPY --from=\($0) /\($0) /\n" }.joined()
        let workspace = try workspace(stages + "FROM base\n" + copies, limits: "    limits: {cpus: 1}\n")
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
    }

    @Test func `the first stage that fails ends the others, and its error is the one that is shown`() throws {
        let workspace = try workspace(
            """
            FROM base AS slow
            RUN touch /slow; sleep 3600
            FROM base AS wrong
            RUN echo about to fail; exit 7
            FROM base
            COPY --from=slow /slow /
            COPY --from=wrong /etc /

            """)
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("app/Dockerfile:4"), "\(outcome.errors)")
        #expect(outcome.errors.contains("exit code: 7"))
        #expect(outcome.errors.contains("  about to fail"))
    }

    @Test func `steps are numbered as the file has them, whichever stage is faster`() throws {
        let workspace = try workspace(
            """
            FROM base AS first
            RUN sleep 0.5; echo one > /one
            RUN echo two > /two
            FROM base AS second
            RUN echo three > /three
            FROM first
            COPY --from=second /three /

            """)
        let outcome = try workspace.buildAll("batch.yaml", "--progress", "plain")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        for (number, text) in [(1, "[first] RUN sleep"), (2, "[first] RUN echo two"), (3, "[second]"), (4, "COPY")] {
            #expect(outcome.errors.contains("#\(number) "), "\(outcome.errors)")
            #expect(
                outcome.errors.split(separator: "\n").contains { $0.contains("#\(number) [") && $0.contains(text) },
                "\(outcome.errors)")
        }
    }
}
