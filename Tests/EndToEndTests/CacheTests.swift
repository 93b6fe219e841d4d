import Foundation
import Testing

/// What a rebuild runs, and what it does not.
@Suite struct CacheTests {
    private func prepared(_ name: String, _ lines: String) throws -> Workspace {
        let workspace = try Workspace(name)
        try workspace.writeBusybox("app")
        try workspace.write("app/Dockerfile", Workspace.busyboxDockerfile + lines)
        try workspace.write("app/data.txt", "one\n")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  app: app\n")
        return workspace
    }

    /// `cached/total` of the only image of a run.
    private func steps(_ outcome: Outcome) throws -> String {
        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        let image = try #require((document?["images"] as? [[String: Any]])?.first)
        return "\(image["cachedSteps"] ?? "?")/\(image["steps"] ?? "?")"
    }

    private func digest(_ outcome: Outcome) throws -> String {
        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        return try #require((document?["images"] as? [[String: Any]])?.first?["digest"] as? String)
    }

    @Test func `nothing changed: no step runs, nothing is unpacked, the digest stays`() throws {
        let workspace = try prepared("cache", "COPY data.txt /\nRUN cat /data.txt > /copy\nLABEL a=b\n")
        let first = try workspace.buildAll("batch.yaml", "--json")
        #expect(first.exitCode == 0, "\(first.errors)")
        #expect(try steps(first) == "0/4")
        try workspace.run("rm", "-rf", "state/layers")
        let second = try workspace.buildAll("batch.yaml", "--json")
        #expect(try steps(second) == "4/4")
        #expect(try digest(second) == digest(first))
        #expect(try workspace.run("ls", "state/layers").output == "")
    }

    @Test(arguments: [
        ("a changed file", "printf 'two\\n' > app/data.txt", "2/4"),
        ("touched files", "touch app/data.txt app/busybox", "4/4"),
        ("a changed mode", "chmod 600 app/data.txt", "2/4"),
        (
            "a label, a comment and white space",
            "sed -i 's/^RUN cat/LABEL x=y\\n# comment\\nRUN   cat/' app/Dockerfile", "4/4"
        ),
        ("a changed command", "sed -i 's/copy/other/' app/Dockerfile", "3/4"),
        ("a file that is not copied", "echo new > app/other.txt", "4/4"),
        ("a file in a link's place", "ln -f app/data.txt app/linked && rm app/linked", "4/4"),
        (
            "content with the same size and time",
            "touch -r app/data.txt t; echo ONE > app/data.txt; touch -r t app/data.txt", "2/4"
        ),
        ("another user", "sed -i 's/^COPY data/USER 0\\nCOPY data/' app/Dockerfile", "3/4"),
        ("an environment variable for RUN", "sed -i 's/^COPY data/ENV X=1\\nCOPY data/' app/Dockerfile", "3/4"),
        ("an argument for RUN", "sed -i 's/^COPY data/ARG X=1\\nCOPY data/' app/Dockerfile", "3/4"),
        ("a stage that nothing needs", "sed -i '1i FROM scratch AS x\\nCOPY data.txt /\\n' app/Dockerfile", "4/4"),
        ("an argument that no step can see", "sed -i '$a ARG LATE=1' app/Dockerfile", "4/4"),
    ])
    func `a step misses exactly when its inputs changed`(what: String, change: String, expected: String) throws {
        let workspace = try prepared("cache", "COPY data.txt /\nRUN cat /data.txt > /copy\n")
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        try workspace.run("sh", "-c", change)
        let second = try workspace.buildAll("batch.yaml", "--json")
        #expect(try steps(second) == expected, "\(what): \(second.errors)")
    }

    @Test func `--no-cache runs every step and off keeps nothing`() throws {
        let workspace = try prepared("no-cache", "RUN echo hi\n")
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        #expect(try steps(workspace.buildAll("batch.yaml", "--no-cache", "--json")) == "0/3")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  app: {context: app, cache: {mode: off}}\n")
        #expect(try steps(workspace.buildAll("batch.yaml", "--json")) == "0/3")
    }

    @Test func `a truncated blob is found and built again`() throws {
        let workspace = try prepared("poisoned", "RUN echo hi > /hi\n")
        #expect(try workspace.buildAll("batch.yaml").exitCode == 0)
        try workspace.run("sh", "-c", "for f in state/blobs/sha256/*; do truncate -s -1 $f; done; rm -rf state/layers")
        let second = try workspace.buildAll("batch.yaml", "--json")
        #expect(second.exitCode == 0, "\(second.errors)")
        #expect(try steps(second) == "0/3")
    }

    @Test func `a layer with times beyond the bound of an image is made anew for it`() throws {
        let workspace = try prepared("bound", "RUN echo hi > /hi\n")
        let builds: [(epoch: String, steps: String)] = [
            ("", "0/3"), ("1000", "0/3"), ("1000", "3/3"), ("999", "0/3"), ("2000000000", "3/3"), ("", "3/3"),
        ]
        for build in builds {
            let bound = build.epoch.isEmpty ? "" : ", epoch: \(build.epoch)"
            try workspace.write("batch.yaml", "version: 1\nimages:\n  app: {context: app\(bound)}\n")
            let outcome = try workspace.buildAll("batch.yaml", "--json")
            #expect(try steps(outcome) == build.steps, "\(build): \(outcome.errors)")
        }
    }

    @Test func `steps that change nothing have equal layers, and later steps run on them`() throws {
        let workspace = try prepared("equal", "RUN true\nRUN :\nRUN : again\nRUN echo end > /end\nRUN test -e /end\n")
        let outcome = try workspace.buildAll("batch.yaml", "--json")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(try steps(outcome) == "0/7")
    }
}
