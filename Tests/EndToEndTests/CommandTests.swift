import Foundation
import Testing

/// Commands, messages and exit codes.
@Suite struct CommandTests {
    private func prepared() throws -> Workspace {
        let workspace = try Workspace("commands")
        try workspace.writeBusybox("base")
        try workspace.write("base/Dockerfile", Workspace.busyboxDockerfile)
        try workspace.write("app/Dockerfile", "FROM base\nRUN echo from the step; echo to stderr >&2\n")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  base: base\n  app: app\n")
        return workspace
    }

    @Test func `faults of the manifest are shown all at once, with exit code 2, and nothing runs`() throws {
        let workspace = try prepared()
        try workspace.write(
            "batch.yaml",
            "version: 1\nimages:\n  base: base\n  app:\n    contxt: app\n    tags: 3\n    needs: [nobody]\n")
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 2)
        #expect(outcome.errors.contains("batch.yaml:5:5: "))
        #expect(outcome.errors.contains("did you mean"))
        #expect(outcome.errors.contains("nobody"))
        #expect(!FileManager.default.fileExists(atPath: workspace.path("state/blobs")))
    }

    @Test(arguments: [
        ["no-such.yaml"], ["batch.yaml", "no-such-image"], ["batch.yaml", "--no-such-flag"], ["batch.yaml", "-j", "0"],
    ])
    func `wrong usage is exit code 2`(arguments: [String]) throws {
        let workspace = try prepared()
        let outcome = try Program.run(
            [Program.buildAll] + arguments + ["--state", workspace.state], in: workspace.folder)
        #expect(outcome.exitCode == 2, "\(outcome.errors)")
        #expect(!outcome.errors.isEmpty)
    }

    @Test func `a fault of a Dockerfile is its image's failure, with an excerpt`() throws {
        let workspace = try prepared()
        try workspace.write("app/Dockerfile", "FROM base\nRUNN echo\n")
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains(">>> RUNN echo"))
        #expect(outcome.errors.contains("did you mean RUN?"))
    }

    @Test(arguments: [
        ("RUN --mount=type=cache,target=/c true", "RUN --mount"), ("RUN <<EOF\ntrue\nEOF", "heredoc"),
        ("ADD https://example.com/x /x", "ADD"), ("COPY --link a /a", "COPY --link"),
        ("COPY --parents a /a", "COPY --parents"), ("COPY --exclude=b a /a", "COPY --exclude"),
    ])
    func `what is not served yet is a clear error at its line`(line: String, feature: String) throws {
        let workspace = try prepared()
        try workspace.write("app/Dockerfile", "FROM base\n\(line)\n")
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains(feature), "\(outcome.errors)")
        #expect(outcome.errors.contains("not served by this version"), "\(outcome.errors)")
    }

    @Test func `plan prints order and reasons and builds nothing`() throws {
        let workspace = try prepared()
        let outcome = try workspace.buildAll("plan", "batch.yaml")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        let base = try #require(outcome.output.range(of: "base"))
        let app = try #require(outcome.output.range(of: "app"))
        #expect(base.lowerBound < app.lowerBound)
        #expect(outcome.output.contains("FROM"))
    }

    @Test func `history lists, shows, and finds the log`() throws {
        let workspace = try prepared()
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        let csv = try workspace.buildAll("history", "ls", "--format", "csv", "--image", "app")
        #expect(csv.lines.count == 2, "\(csv.output)\(csv.errors)")
        let json = try workspace.buildAll("history", "ls", "--format", "json", "--status", "built")
        let rows = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
        #expect(rows?.count == 2)
        let shown = try workspace.buildAll("history", "show", "app")
        #expect(shown.output.contains("RUN echo from the step"), "\(shown.output)\(shown.errors)")
        let log = try workspace.buildAll("history", "logs", "app")
        #expect(log.output.contains("from the step"))
        #expect(log.output.contains("to stderr"))
        #expect(try workspace.buildAll("history", "show", "nobody").exitCode == 2)
    }

    @Test func `-q prints digests only, --json one document, --progress json one event a line`() throws {
        let workspace = try prepared()
        let quiet = try workspace.buildAll("batch.yaml", "-q")
        #expect(quiet.errors == "")
        #expect(quiet.lines.allSatisfy { $0.contains("sha256:") })
        let events = try workspace.buildAll("batch.yaml", "--progress", "json", "--no-cache")
        for line in events.errors.split(separator: "\n") {
            let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(event?["event"] is String)
            #expect(event?["run"] is String)
        }
        #expect(events.errors.contains(#""event":"step-ended""#))
    }

    @Test func `control characters of a step are escaped where they are shown and kept in the log`() throws {
        let workspace = try prepared()
        try workspace.write("app/Dockerfile", "FROM base\nRUN printf '\\033]0;title\\007 red \\033[31m\\n'; exit 1\n")
        let outcome = try workspace.buildAll("batch.yaml", "--progress", "plain")
        #expect(!outcome.errors.contains("\u{1B}"))
        #expect(outcome.errors.contains("title"))
        #expect(!outcome.output.contains("\u{1B}"))
        #expect(try workspace.run("sh", "-c", "cat state/logs/*/app*").output.contains("\u{1B}]0;title"))
    }
}
