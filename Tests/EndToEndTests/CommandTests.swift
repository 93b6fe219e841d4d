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

    // MARK: - What is wrong

    @Test func `faults of the manifest are shown all at once, with exit code 2, and nothing runs`() throws {
        let workspace = try prepared()
        try workspace.write(
            "batch.yaml",
            "version: 1\nimages:\n  base: base\n  app:\n    contxt: app\n    tags: [1, 2, 1]\n    needs: [nobody]\n")
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 2)
        let places = outcome.errors.matches(of: #/batch\.yaml:(\d+:\d+): /#).map { String($0.1) }
        #expect(places.contains("5:5"), "\(outcome.errors)")
        #expect(places.contains("7:13"), "\(outcome.errors)")
        #expect(outcome.errors.contains("    contxt: app\n"))
        #expect(outcome.errors.contains("did you mean"))
        #expect(outcome.errors.contains("nobody"))
        #expect(outcome.output == "")
        #expect(!FileManager.default.fileExists(atPath: workspace.state))
    }

    @Test(arguments: [
        (["no-such.yaml"], "no-such.yaml"), (["batch.yaml", "no-such-image"], "no-such-image"),
        (["batch.yaml", "--no-such-flag"], "--no-such-flag"), (["batch.yaml", "-j", "0"], "-j 0"),
        (["batch.yaml", "--isolation", "hope"], "--isolation hope"), (["batch.yaml", "--var", "x"], "--var x"),
        (["batch.yaml", "--progress", "loud"], "loud"), (["history", "show", "nobody"], "nobody"),
        (["history", "ls", "--since", "yesterdays"], "yesterdays"), (["plan", "batch.yaml", "group:none"], "none"),
    ])
    func `wrong usage is exit code 2 and named`(arguments: [String], word: String) throws {
        let workspace = try prepared()
        let outcome = try Program.run(
            [Program.buildAll] + arguments + ["--state", workspace.state], in: workspace.folder)
        #expect(outcome.exitCode == 2, "\(outcome.errors)")
        #expect(outcome.errors.contains(word), "\(outcome.errors)")
        #expect(outcome.output == "")
    }

    @Test func `a fault of a Dockerfile is its image's failure, with an excerpt`() throws {
        let workspace = try prepared()
        try workspace.write("app/Dockerfile", "FROM base\nRUNN echo\n")
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("app/Dockerfile:2"))
        #expect(outcome.errors.contains("   2 | >>> RUNN echo"))
        #expect(outcome.errors.contains("did you mean RUN?"))
        #expect(outcome.output.contains("1 built, 1 failed"))
        let check = try workspace.run("sh", "-c", "! \(Program.buildAll) check batch.yaml 2>&1")
        #expect(check.output.contains(">>> RUNN echo"))
    }

    @Test func `a command that fails shows its output, its line and its exit code`() throws {
        let workspace = try prepared()
        try workspace.write("app/Dockerfile", "FROM base\n\nRUN echo nearly; exit 7\n")
        let outcome = try workspace.buildAll("batch.yaml", "--json")
        #expect(outcome.exitCode == 1)
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        let error = try #require(document.images.last?.error)
        #expect(error.class == "step")
        for text in ["  nearly\n", "   3 | >>> RUN echo nearly; exit 7", "exit code: 7"] {
            #expect(error.message.contains(text), "\(error.message)")
        }
    }

    // MARK: - Looking without building

    @Test func `plan prints order and reasons and builds nothing`() throws {
        let workspace = try prepared()
        let outcome = try workspace.buildAll("plan", "batch.yaml")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(
            outcome.output == """
                wave 1
                  base
                    -> base:latest
                wave 2
                  app
                    after base: FROM base, line 1
                    -> app:latest

                """)
        let json = try workspace.buildAll("plan", "batch.yaml", "--json")
        let plan = try #require(JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        let images = try #require(plan["images"] as? [[String: Any]])
        #expect(images.map { $0["name"] as? String } == ["base", "app"])
        #expect(images.map { $0["wave"] as? Int } == [0, 1])
        #expect(!FileManager.default.fileExists(atPath: workspace.path("state/blobs")))
    }

    @Test func `list, check, config and schema print what they say`() throws {
        let workspace = try prepared()
        func ask(_ arguments: String...) throws -> Outcome {
            try workspace.run(Program.buildAll, arguments[0], arguments.dropFirst().first ?? "--help")
        }
        #expect(try ask("list", "batch.yaml").output == "base\napp\n")
        #expect(try workspace.run(Program.buildAll, "list", "batch.yaml", "a*").output == "app\n")
        #expect(try ask("check", "batch.yaml").output == "2 images, 0 with faults, 0 warnings\n")
        let schema = try workspace.run(Program.buildAll, "schema")
        let properties = try JSONSerialization.jsonObject(with: Data(schema.output.utf8)) as? [String: Any]
        #expect((properties?["properties"] as? [String: Any])?["images"] != nil)
        // What `config` prints means the same: it can be built from.
        let config = try ask("config", "batch.yaml").output
        #expect(config.contains("dockerfile: \"Dockerfile\""))
        try workspace.write("config.yaml", config)
        #expect(try ask("config", "config.yaml").output == config)
        #expect(try ask("list", "config.yaml").output == "base\napp\n")
    }

    @Test func `doctor says what works`() throws {
        let workspace = try prepared()
        let outcome = try workspace.buildAll("doctor")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(outcome.lines.first == "state folder: \(workspace.state)")
        let rung = getuid() == 0 ? "shifted" : "subid"
        #expect(outcome.lines.contains("isolation \(rung): works"))
        #expect(outcome.lines.contains { $0.hasPrefix("executor: ") && $0.hasSuffix("/build-all-executor") })
    }

    // MARK: - The history

    @Test func `history lists in every format`() throws {
        let workspace = try prepared()
        let run = try workspace.buildAll("batch.yaml", "-q")
        #expect(run.exitCode == 0, "\(run.errors)")
        let digest = try #require(run.lines.last?.split(separator: " ").last)
        let table = try workspace.buildAll("history", "ls")
        try #require(table.lines.count == 3)
        #expect(table.lines[0].contains("IMAGE") && table.lines[0].contains("STATUS"))
        let csv = try workspace.buildAll("history", "ls", "--format", "csv", "--image", "app")
        try #require(csv.lines.count == 2, "\(csv.output)\(csv.errors)")
        #expect(csv.lines[0].hasPrefix("build,run,image,platform,attempt,status,"))
        #expect(csv.lines[1].contains(",app,linux/") && csv.lines[1].contains(",1,built,never_built,"))
        #expect(csv.lines[1].contains(",\(digest),"))
        let json = try workspace.buildAll("history", "ls", "--format", "json", "--status", "built")
        let rows = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
        #expect(rows?.map { $0["image"] as? String } == ["app", "base"])
        let lines = try workspace.buildAll("history", "ls", "--format", "ndjson", "--limit", "1")
        let row = try JSONSerialization.jsonObject(with: Data(lines.output.utf8)) as? [String: Any]
        #expect(row?["digest"] as? String == String(digest))
        #expect(try workspace.buildAll("history", "ls", "--status", "failed").lines.count <= 1)
    }

    @Test func `history shows a build, and finds its log`() throws {
        let workspace = try prepared()
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        try workspace.write("app/Dockerfile", "FROM base\nRUN echo newer\n")
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        let shown = try workspace.buildAll("history", "show", "app")
        #expect(shown.output.contains("RUN echo newer"), "\(shown.output)\(shown.errors)")
        let before = try workspace.buildAll("history", "show", "app^1")
        #expect(before.output.contains("RUN echo from the step"), "\(before.output)\(before.errors)")
        for name in ["image             app", "status            built", "parent base sha256:", "app:latest at "] {
            #expect(before.output.contains(name), "\(before.output)")
        }
        let csv = try workspace.buildAll("history", "show", "app^1", "--format", "csv")
        try #require(csv.lines.count == 2)
        #expect(csv.lines[0] == "step,stage,instruction,cached,ms,bytes")
        #expect(csv.lines[1].hasPrefix("1,stage-0,RUN echo from the step; echo to stderr >&2,false,"))
        for format in ["json", "ndjson"] {
            let json = try workspace.buildAll("history", "show", "app", "--format", format)
            let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            #expect((document?["steps"] as? [[String: Any]])?.count == 1)
        }
        let log = try workspace.buildAll("history", "logs", "app^1")
        #expect(log.output.contains(" #1 stdout from the step\n"))
        #expect(log.output.contains(" #1 stderr to stderr\n"))
        #expect(try workspace.buildAll("history", "logs", "app").output.contains("newer"))
    }

    // MARK: - What a run prints

    @Test func `-q prints digests and nothing else`() throws {
        let workspace = try prepared()
        let quiet = try workspace.buildAll("batch.yaml", "-q")
        #expect(quiet.exitCode == 0)
        #expect(quiet.errors == "")
        #expect(quiet.lines.count == 2)
        #expect(quiet.lines.allSatisfy { $0.wholeMatch(of: #/(base|app) sha256:[0-9a-f]{64}/#) != nil })
    }

    @Test func `--json prints one document`() throws {
        let workspace = try prepared()
        let outcome = try workspace.buildAll("batch.yaml", "--json")
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        #expect(document.exitCode == 0)
        #expect(document.images.map(\.image) == ["base", "app"])
        #expect(document.images.map(\.steps) == [2, 1])
        #expect(document.images.allSatisfy { $0.status == "built" && $0.digest?.hasPrefix("sha256:") == true })
        #expect(document.images.allSatisfy { $0.reasons == ["never_built"] && $0.durationInSeconds ?? 0 > 0 })
    }

    @Test func `--progress json prints one event a line, each as the schema says`() throws {
        let workspace = try prepared()
        try workspace.write("bad/Dockerfile", "FROM app\nRUN exit 3\n")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  base: base\n  app: app\n  bad: bad\n")
        let outcome = try workspace.buildAll("batch.yaml", "--progress", "json")
        #expect(outcome.exitCode == 1)
        var kinds: Set<String> = []
        var runs: Set<String> = []
        for line in outcome.errors.split(separator: "\n") {
            let event = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            kinds.insert(try #require(event["event"] as? String))
            runs.insert(try #require(event["run"] as? String))
        }
        let expected: Set = [
            "run-started", "image-started", "started", "step-started", "output", "step-ended", "layer", "material",
            "finished", "failed", "image-ended", "run-ended",
        ]
        #expect(kinds.isSuperset(of: expected), "\(kinds)")
        #expect(runs.count == 1)
        try workspace.write("events.ndjson", outcome.errors)
        try validate("events.ndjson", in: workspace)
    }

    /// Debian's jsonschema checks each line.
    private func validate(_ file: String, in workspace: Workspace) throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL
        let script = """
            import json, sys, jsonschema
            validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
            for line in open(sys.argv[2]):
                for error in validator.iter_errors(json.loads(line)):
                    sys.exit(f"{line}: {error.message}")
            """
        let schema = root.appending(path: "schemas/events.schema.json").path
        try workspace.run("/usr/bin/python3", "-c", script, schema, file)
    }

    @Test func `control characters of a step are escaped where they are shown and kept in the log`() throws {
        let workspace = try prepared()
        try workspace.write("app/Dockerfile", "FROM base\nRUN printf '\\033]0;title\\007 red \\033[31m\\n'; exit 1\n")
        let outcome = try workspace.buildAll("batch.yaml", "--progress", "plain")
        #expect(!outcome.errors.contains("\u{1B}"))
        #expect(outcome.errors.contains("title"))
        #expect(!outcome.output.contains("\u{1B}"))
        let shown = try workspace.buildAll("history", "show", "app")
        #expect(shown.output.contains("title") && !shown.output.contains("\u{1B}"))
        #expect(try workspace.run("sh", "-c", "cat state/logs/*/app*").output.contains("\u{1B}]0;title"))
    }

    @Test func `a reader that goes away ends the program quietly`() throws {
        let workspace = try prepared()
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        let line = "\(Program.buildAll) history ls --state state | head -c 5"
        let outcome = try workspace.run("sh", "-c", line)
        #expect(outcome.errors == "")
    }
}
