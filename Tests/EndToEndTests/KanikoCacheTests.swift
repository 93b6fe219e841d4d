import Foundation
import TestSupport
import Testing

/// What kaniko's cache got wrong, in one or another of its versions: stale images and needless misses.
@Suite struct KanikoCacheTests {
    /// A change between two builds: which steps the second finds, and what the image then holds.
    struct Change: CustomTestStringConvertible, Sendable {
        let what: String
        /// Behind the lines that make a shell, which are three steps with `COPY busybox`.
        let lines: String
        var arguments = ""
        /// A shell script.
        let change: String
        /// `cached/all`
        let expected: String
        /// A file of the image and its content after the second build.
        var holds: (path: String, text: String)?

        var testDescription: String { what }
    }

    private static let changes: [Change] = [
        Change(
            what: "a label, a comment, white space and an exposed port before a RUN: hit",
            lines: "COPY a.txt /\nRUN cat /a.txt > /out\n",
            change: "sed -i 's/^RUN cat/LABEL x=y\\n# comment\\nEXPOSE 80\\nCMD [\"x\"]\\nRUN   cat/' app/Dockerfile",
            expected: "4/4"),
        Change(
            what: "an argument that no ARG declares: hit", lines: "RUN echo hi > /out\n",
            change: "sed -i 's/args: {}/args: { OTHER: two }/' batch.yaml", expected: "3/3"),
        Change(
            what: "an argument that is declared behind the step: hit", lines: "RUN echo hi > /out\nARG LATE=1\n",
            change: "sed -i 's/args: {}/args: { LATE: two }/' batch.yaml", expected: "3/3"),
        Change(
            what: "an argument that is declared before, and only a COPY follows: hit",
            lines: "ARG EARLY=1\nCOPY a.txt /out\n", change: "sed -i 's/args: {}/args: { EARLY: two }/' batch.yaml",
            expected: "3/3"),
        Change(
            what: "an argument that the RUN sees: miss", lines: "ARG EARLY=1\nRUN echo $EARLY > /out\n",
            change: "sed -i 's/args: {}/args: { EARLY: two }/' batch.yaml", expected: "2/3", holds: ("out", "two\n")),
        Change(
            what: "an argument of another stage: hit",
            lines: "RUN echo hi > /out\nFROM scratch AS x\nARG A\nFROM shell\n",
            change: "sed -i 's/args: {}/args: { A: two }/' batch.yaml", expected: "3/3"),
        Change(
            what: "a proxy: hit", lines: "RUN echo hi > /out\n",
            change: "sed -i 's/args: {}/args: { HTTP_PROXY: \"http:\\/\\/127.0.0.1:1\" }/' batch.yaml", expected: "3/3"),
        Change(
            what: "a proxy that ARG declares: hit", lines: "ARG HTTP_PROXY\nRUN echo hi > /out\n",
            change: "sed -i 's/args: {}/args: { HTTP_PROXY: \"http:\\/\\/127.0.0.1:1\" }/' batch.yaml", expected: "3/3"),
        Change(
            what: "a changed source of a stage that is copied from: miss",
            lines: "COPY a.txt /made\nFROM shell\nCOPY --from=shell /made /out\n", change: "echo two > app/a.txt",
            expected: "2/4", holds: ("out", "two\n")),
        Change(
            what: "a stage that ran again and made the same: hit",
            lines: "RUN date +%s%N > /dev/null; echo same > /made\nFROM shell\nCOPY --from=shell /made /out\n",
            change: "sed -i 's/echo same/echo  same/' app/Dockerfile", expected: "3/4", holds: ("out", "same\n")),
        Change(
            what: "a renamed folder below the copied one: miss",
            lines: "COPY tree /tree\nRUN find /tree -type d | sort > /out\n",
            change: "mv app/tree/old app/tree/new", expected: "2/4", holds: ("out", "/tree\n/tree/new\n")),
        Change(
            what: "a renamed file that a pattern matches: miss", lines: "COPY *.txt d/\nRUN ls /d > /out\n",
            change: "mv app/b.txt app/c.txt", expected: "2/4", holds: ("out", "a.txt\nc.txt\n")),
        Change(
            what: "a renamed source of the same content for the same place: hit", lines: "COPY tree /t\n",
            change: "mv app/tree app/wood && sed -i 's/COPY tree/COPY wood/' app/Dockerfile", expected: "3/3"),
        Change(
            what: "a variable in the source of a COPY: miss", lines: "ARG F=a\nCOPY $F.txt /out\n",
            change: "sed -i 's/args: {}/args: { F: b }/' batch.yaml", expected: "2/3", holds: ("out", "b\n")),
        Change(
            what: "a variable in the destination of a COPY: miss", lines: "ARG D=x\nCOPY a.txt /$D/\nRUN ls / > /out\n",
            change: "sed -i 's/args: {}/args: { D: y }/' batch.yaml", expected: "2/4"),
        Change(
            what: "a variable in a WORKDIR: miss", lines: "ARG D=/x\nWORKDIR $D\nRUN pwd > /out\n",
            change: "sed -i 's/args: {}/args: { D: \\/y }/' batch.yaml", expected: "2/4", holds: ("out", "/y\n")),
        Change(
            what: "the body of a heredoc of a RUN: miss", lines: "RUN <<EOT\necho one > /out\nEOT\n",
            change: "sed -i 's/echo one/echo two/' app/Dockerfile", expected: "2/3", holds: ("out", "two\n")),
        Change(
            what: "the body of a heredoc of a COPY: miss", lines: "COPY <<EOT /out\none\nEOT\n",
            change: "sed -i 's/^one/two/' app/Dockerfile", expected: "2/3", holds: ("out", "two\n")),
        Change(
            what: "texts that join to the same text: miss", lines: "ENV A=b-c\nENV D=e\nRUN echo $A $D > /out\n",
            change: "sed -i 's/A=b-c/A=b/; s/D=e/D=c-e/' app/Dockerfile", expected: "2/3", holds: ("out", "b c-e\n")),
        Change(
            what: "files and folders whose names join to the same text: miss",
            lines: "COPY tree /tree\nRUN find /tree | sort > /out\n",
            change: "rm -r app/tree/old && mkdir -p app/tree/o && echo x > app/tree/o/ldf",
            expected: "2/4", holds: ("out", "/tree\n/tree/o\n/tree/o/ldf\n")),
        Change(
            what: "times and owners of the checkout: hit", lines: "COPY . /all\n",
            change: "touch -d 2001-01-01 app/a.txt app/tree app/tree/old/f && (chown -R 1234:1234 app/tree || true)",
            expected: "3/3"),
        Change(
            what: "the mode of a file: miss", lines: "COPY a.txt /a\nRUN stat -c %a /a > /out\n",
            change: "chmod 600 app/a.txt",
            expected: "2/4", holds: ("out", "600\n")),
        Change(
            what: "an ignore file that lets only some through, and a COPY from a stage: its files are there",
            lines: "RUN echo hi > /secret.txt\nFROM shell\nCOPY --from=shell /secret.txt /out\n",
            change: "printf '*\\n!busybox\\n!Dockerfile\\n' > app/.dockerignore", expected: "4/4",
            holds: ("out", "hi\n")),
        Change(
            what: "a deleted file, a hit, then a COPY of that stage: no whiteout comes along",
            lines: "COPY tree /tree\nRUN rm -r /tree/old && echo x > /tree/new\nFROM scratch\nCOPY --from=shell / /\n"
                + "RUN find /tree | sort > /out\n",
            change: "sed -i 's/find .tree/find   \\/tree/' app/Dockerfile", expected: "5/6",
            holds: ("out", "/tree\n/tree/new\n")),
        Change(
            what: "a cache mount that holds something else: hit",
            lines: "RUN --mount=type=cache,target=/c echo x >> /c/n; echo hi > /out\n", change: "true", expected: "3/3"),
        Change(
            what: "another cache mount: miss", lines: "RUN --mount=type=cache,target=/c echo hi > /out\n",
            change: "sed -i 's/target=.c/target=\\/d/' app/Dockerfile", expected: "2/3"),
        Change(
            what: "a file that RUN has bound: miss", lines: "RUN --mount=type=bind,target=/c cat /c/a.txt > /out\n",
            change: "echo two > app/a.txt", expected: "2/3", holds: ("out", "two\n")),
        Change(
            what: "another network: miss", lines: "RUN echo hi > /out\n",
            change: "sed -i 's/^RUN echo/RUN --network=none echo/' app/Dockerfile", expected: "2/3"),
        Change(
            what: "another user: miss for RUN", lines: "RUN echo hi > /out\n",
            change: "sed -i 's/^RUN echo/USER 0\\nRUN echo/' app/Dockerfile", expected: "2/3"),
    ]

    private static let shell = Workspace.busyboxDockerfile.replacing("FROM scratch", with: "FROM scratch AS shell")

    private func prepared(_ lines: String) throws -> Workspace {
        let workspace = try Workspace("kaniko-cache")
        try workspace.writeBusybox("app")
        try workspace.write("app/Dockerfile", Self.shell + lines)
        for (file, text) in [("a.txt", "a\n"), ("b.txt", "b\n"), ("tree/old/f", "x\n")] {
            try workspace.write("app/\(file)", text)
        }
        try workspace.write(
            "batch.yaml",
            "version: 1\nimages:\n  app: { context: app, args: {}, epoch: zero, outputs: [{ rootfs: root }] }\n")
        return workspace
    }

    private func build(_ workspace: Workspace, _ environment: [String: String] = [:]) throws -> (String, Outcome) {
        let outcome = try workspace.buildAll("batch.yaml", "--json", environment: environment)
        let image = try #require(JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8)).images.first)
        return ("\(image.cachedSteps)/\(image.steps)", outcome)
    }

    @Test(arguments: changes)
    func `a change misses what it changes, and nothing else`(change: Change) throws {
        let workspace = try prepared(change.lines)
        let first = try build(workspace)
        #expect(first.1.exitCode == 0, "\(first.1.errors)")
        try workspace.run("sh", "-c", change.change)
        let second = try build(workspace)
        #expect(second.0 == change.expected, "\(second.1.errors)")
        if let holds = change.holds {
            #expect(try workspace.run("cat", workspace.path("root/\(holds.path)")).output == holds.text)
        }
    }

    @Test func `our own umask is no input`() throws {
        let workspace = try prepared("COPY tree /tree\nWORKDIR /made\nRUN echo hi > /out\n")
        _ = try build(workspace)
        let second = try Program.run(
            ["sh", "-c", "umask 077; exec \(Program.buildAll) batch.yaml --json --state \(workspace.state)"],
            in: workspace.folder)
        let image = try #require(JSONDecoder().decode(RunDocument.self, from: Data(second.output.utf8)).images.first)
        #expect(image.cachedSteps == 5, "\(second.errors)")
    }

    @Test func `other content at the same URL is fetched, and what is behind it runs`() throws {
        let workspace = try prepared("")
        let file = workspace.path("served")
        let server = WebServer { _, _ in
            WebServer.Reply(String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self))
        }
        try workspace.write("served", "one\n")
        try workspace.write("app/Dockerfile", Self.shell + "ADD \(server.url("/f")) /f\nRUN cat /f > /out\n")
        let first = try build(workspace)
        #expect(first.1.exitCode == 0, "\(first.1.errors)")
        #expect(try build(workspace).0 == "4/4")
        try workspace.write("served", "two\n")
        let third = try build(workspace)
        #expect(third.0 == "2/4", "\(third.1.errors)")
        #expect(try workspace.run("cat", workspace.path("root/out")).output == "two\n")
    }
}
