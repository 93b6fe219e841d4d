import Foundation
import Testing

/// `build-all explain` and `build-all history why`.
@Suite struct ExplainTests {
    private func prepared() throws -> Workspace {
        let workspace = try Workspace("explain")
        try workspace.writeBusybox("app")
        try workspace.write(
            "app/Dockerfile",
            Workspace.busyboxDockerfile + "COPY src /src\nRUN cat /src/* > /out\nRUN echo end > /end\n")
        try workspace.write("app/src/main.c", "one\n")
        try workspace.write("app/src/other.c", "two\n")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  app: app\n")
        return workspace
    }

    @Test func `an image that was never built: every step is named, and nothing is made`() throws {
        let workspace = try prepared()
        let outcome = try workspace.buildAll("explain", "batch.yaml", "app")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(
            outcome.lines.prefix(3) == [
                "app: 0 of 5 steps are in the cache",
                "  step 1 (COPY busybox /bin/busybox) misses: it was never built here",
                "  step 2 (RUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]) misses: step 1 runs first",
            ])
        #expect(try workspace.run("sh", "-c", "ls state/blobs/sha256 state/cache/last").output.count < 60)
        #expect(try workspace.buildAll("explain", "batch.yaml", "app", "--exit-code").exitCode == 10)
    }

    @Test func `nothing changed: nothing would run`() throws {
        let workspace = try prepared()
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        let outcome = try workspace.buildAll("explain", "batch.yaml", "app", "--exit-code")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(outcome.output == "app: nothing would run, all 5 steps are in the cache\n")
        // It is no build.
        #expect(try workspace.buildAll("history").lines.count == 2)
        #expect(try workspace.run("sh", "-c", "ls state/logs | wc -l; ls state/tmp | wc -l").output == "1\n0\n")
    }

    @Test(arguments: [
        ("echo new > app/src/main.c", "src/main.c changed", 3),
        ("echo new > app/src/new.c", "src/new.c is new", 3),
        ("rm app/src/other.c", "src/other.c is gone", 3),
        (
            "for i in 1 2 3 4 5 6 7; do echo $i > app/src/n$i.c; done",
            "src/n1.c is new, src/n2.c is new, src/n3.c is new, src/n4.c is new, src/n5.c is new and 2 more", 3
        ),
        ("chmod 755 app/src/main.c", "src/main.c changed", 3),
        ("sed -i 's/cat .src.*/cat \\/src\\/main.c > \\/out/' app/Dockerfile", "the instruction changed", 4),
        ("sed -i 's/^COPY src/ENV X=1\\nCOPY src/' app/Dockerfile", "the variable X changed", 4),
    ])
    func `the first step that misses is named, and what changed`(change: String, why: String, step: Int) throws {
        let workspace = try prepared()
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        try workspace.run("sh", "-c", change)
        let outcome = try workspace.buildAll("explain", "batch.yaml")
        #expect(outcome.lines.first == "app: \(step - 1) of 5 steps are in the cache", "\(outcome.errors)")
        let line = try #require(outcome.lines.dropFirst().first)
        #expect(line.hasPrefix("  step \(step) (") && line.hasSuffix("misses: \(why)"), "\(line)")
        // Asking changes no answer.
        #expect(try workspace.buildAll("explain", "batch.yaml").output == outcome.output)
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        let history = try workspace.buildAll("history", "why", "app")
        #expect(history.lines.count > 1 && history.lines[1].hasPrefix("  step \(step) ("), "\(history.output)")
        #expect(history.lines[1].hasSuffix("missed: \(why)"))
        #expect(try workspace.buildAll("history", "why", "app^1").output.contains("it was never built here"))
    }

    @Test func `of a context of many files the changed one is named`() throws {
        let workspace = try prepared()
        try workspace.run("sh", "-c", "for i in $(seq 2000); do echo $i > app/src/f$i; done")
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        try workspace.write("app/src/f1234", "other\n")
        let outcome = try workspace.buildAll("explain", "batch.yaml")
        #expect(outcome.output.contains("step 3 (COPY src /src) misses: src/f1234 changed\n"), "\(outcome.output)")
    }

    @Test func `stages and images behind a step that would run are told so`() throws {
        let workspace = try prepared()
        try workspace.write(
            "child/Dockerfile",
            "FROM app:latest AS one\nRUN echo a > /a\nFROM app:latest\nCOPY --from=one /a /b\nRUN echo c > /c\n")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  app: app\n  child: child\n")
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        try workspace.run("sed", "-i", "s/echo a/echo  b/", "child/Dockerfile")
        let child = try workspace.buildAll("explain", "batch.yaml", "child", "--json")
        #expect(child.exitCode == 0, "\(child.errors)")
        let document = try JSONSerialization.jsonObject(with: Data(child.output.utf8)) as? [String: Any]
        let images = try #require(document?["images"] as? [[String: Any]])
        let explained = try #require(images.last)
        #expect(explained["wouldRun"] as? Bool == true)
        let steps = try #require(explained["steps"] as? [[String: Any]])
        #expect(
            steps.map { $0["why"] as? String ?? "" } == [
                "the instruction changed", "step 1 runs first", "step 1 runs first",
            ])
        try workspace.write("app/src/main.c", "new\n")
        let blocked = try workspace.buildAll("explain", "batch.yaml", "child")
        #expect(blocked.output.contains("src/main.c changed"), "\(blocked.output)")
    }

    @Test func `an error is told, and is one`() throws {
        let workspace = try prepared()
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        try workspace.run("rm", "-r", "app/src")
        let outcome = try workspace.buildAll("explain", "batch.yaml")
        #expect(outcome.exitCode == 1)
        #expect(outcome.output.contains("\"/src\": not found"), "\(outcome.output)")
        #expect(try workspace.buildAll("explain", "batch.yaml", "nowhere").exitCode == 2)
        #expect(try workspace.buildAll("history", "why", "nowhere").exitCode == 2)
    }
}
