import Foundation
import TestSupport
import Testing

/// Main contexts that are archives and URLs.
@Suite struct ContextTests {
    /// A workspace with the folder `in`: a Dockerfile, an ignore file, a file and a folder.
    private func workspace() throws -> ContextWorkspace {
        let context = try ContextWorkspace()
        try context.workspace.write("in/Dockerfile", "FROM scratch\nCOPY . /\n")
        try context.workspace.write("in/.dockerignore", "secret\nDockerfile\n.dockerignore\nsub/Dockerfile\n")
        try context.workspace.write("in/secret", "secret")
        try context.workspace.write("in/f", "one\n")
        try context.workspace.write("in/sub/Dockerfile", "FROM scratch\nCOPY g /from-sub\n")
        try context.workspace.write("in/sub/g", "deep\n")
        return context
    }

    @Test(arguments: ["cf", "czf", "cjf", "cJf", "--zstd -cf"])
    func `an archive file is a context, by its content and not by its name`(flags: String) throws {
        let context = try workspace()
        try context.workspace.run("sh", "-c", "tar \(flags) whatever.bin -C in .")
        try context.write(
            """
            whole: { context: whatever.bin, outputs: [{ rootfs: whole }] }
            part: { context: "whatever.bin#:sub", outputs: [{ rootfs: part }] }
            kaniko: { context: "tar://whatever.bin", outputs: [{ rootfs: kaniko }] }
            """)
        #expect(try context.build().values.allSatisfy { $0.status == "built" })
        #expect(
            try context.workspace.run("ls", "-A", "whole", "kaniko").lines == [
                "kaniko:", "f", "sub", "whole:", "f", "sub",
            ])
        #expect(try context.content("part/from-sub") == "deep\n")
        #expect(try context.build().values.allSatisfy { $0.status == "fresh" })
        try context.workspace.write("in/f", "two\n")
        try context.workspace.run("sh", "-c", "tar \(flags) whatever.bin -C in .")
        let changed = try context.build()
        #expect(changed["whole"]?.status == "built")
        #expect(try context.content("whole/f") == "two\n")
        #expect(changed["part"]?.status == "fresh")
        let digest = try context.workspace.run("sha256sum", "whatever.bin").output.prefix(64)
        let shown = try context.workspace.buildAll("history", "show", "whole").output
        #expect(
            shown.contains("context \(context.workspace.path("whatever.bin"))#sha256:\(digest) sha256:\(digest)"),
            "\(shown)")
        #expect(context.leftovers == "")
    }

    @Test(arguments: ["cat", "gzip", "zstd -q"])
    func `the archive on standard input is read once, for all images that want it`(packer: String) throws {
        let context = try workspace()
        try context.workspace.run("sh", "-c", "tar cf - -C in . | \(packer) > input")
        try context.write(
            """
            a: { context: "-", outputs: [{ rootfs: a }] }
            b: { context: "-#:sub", outputs: [{ rootfs: b }] }
            c: { context: "tar://stdin", outputs: [{ rootfs: c }] }
            d: { inline: "FROM scratch\\nCOPY --from=x f /named\\n", contexts: { x: "-" }, outputs: [{ rootfs: d }] }
            """)
        // A pipe: nothing of it can be read again.
        let outcome = try Program.run(
            ["sh", "-c", "cat input | '\(Program.buildAll)' batch.yaml --state state"], in: context.workspace.folder)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(try context.content("a/f") == "one\n")
        #expect(try context.content("c/f") == "one\n")
        #expect(try context.content("b/from-sub") == "deep\n")
        #expect(try context.content("d/named") == "one\n")
        #expect(try context.buildAll("plan", "batch.yaml", input: "input").exitCode == 0)
        #expect(try context.workspace.buildAll("history", "show", "a").output.contains("context -#sha256:"))
    }

    @Test func `standard input that is empty or no archive fails its images and no others`() throws {
        let context = try workspace()
        try context.workspace.write("text", "no archive")
        try context.write("a: \"-\"\nb: { context: \"-\" }\nc: in")
        for (input, reason) in [
            ("/dev/null", "standard input: it is empty, and the context is \"-\""), ("text", "-: it is no tar archive"),
        ] {
            let outcome = try context.buildAll("batch.yaml", input: input)
            #expect(outcome.exitCode == 1)
            #expect(outcome.errors.contains("batch.yaml:3:6: context: \(reason)"), "\(outcome.errors)")
            #expect(outcome.errors.contains("batch.yaml:4:17: context: \(reason)"), "\(outcome.errors)")
            #expect(!outcome.errors.contains("c: failed"), "\(outcome.errors)")
        }
    }

    @Test func `one download serves all images, and edges are found in what was fetched`() throws {
        let context = try workspace()
        let workspace = context.workspace
        try workspace.write("in/two/Dockerfile", "FROM one\nCOPY . /two/\n")
        try workspace.write("in/two/h", "h\n")
        try workspace.write("in/three/Dockerfile", "FROM two\nCOPY Dockerfile /three\n")
        try workspace.run("tar", "czf", "a.tar.gz", "-C", "in", ".")
        let server = try ContextWorkspace.server(of: workspace.path("a.tar.gz"))
        let url = server.url("/a.tar.gz")
        try context.write(
            """
            three: { context: "\(url)#:three", outputs: [{ rootfs: three }] }
            two: { context: "\(url)#:two", contexts: { again: "\(url)" } }
            one: { context: "\(url)" }
            other: { context: "\(server.url("/none"))" }
            """)
        let plan = try context.buildAll("plan", "batch.yaml", "three")
        #expect(plan.exitCode == 0, "\(plan.errors)")
        #expect(
            plan.lines == [
                "wave 1", "  one (needed by another)", "    -> one:latest", "wave 2", "  two (needed by another)",
                "    after one: FROM one, line 1", "    -> two:latest", "wave 3", "  three",
                "    after two: FROM two, line 1", "    -> three:latest",
            ])
        // What the selection does not need is not asked for.
        #expect(server.requests.map(\.path) == ["/a.tar.gz"])
        #expect(plan.errors.contains("context of three: \(url)#:three: fetching"), "\(plan.errors)")
        #expect(try context.buildAll("batch.yaml", "three").exitCode == 0)
        #expect(server.requests.count == 2)
        #expect(try context.content("three/two/h") == "h\n")
        #expect(try context.buildAll("list", "batch.yaml").lines == ["three", "two", "one", "other"])
        #expect(server.requests.count == 2)
        #expect(try context.buildAll("list", "batch.yaml", "two+").lines == ["three", "two"])
        let check = try context.buildAll("check", "batch.yaml")
        #expect(check.exitCode == 1)
        #expect(check.errors.contains("batch.yaml:6:21: context: \(server.url("/none")): HTTP 404"), "\(check.errors)")
        #expect(context.leftovers == "")
    }

    @Test func `what cannot be fetched fails its image, blocks its children, and stops nothing else`() throws {
        let context = try workspace()
        let workspace = context.workspace
        try workspace.write("page.html", "<!DOCTYPE html><html></html>")
        try workspace.run("tar", "cf", "bare.tar", "-C", "in", "f", "sub")
        try workspace.write("child/Dockerfile", "FROM gone\n")
        let server = try ContextWorkspace.server(of: workspace.path("page.html"))
        try context.write(
            """
            gone: { context: "\(server.url("/none"))" }
            child: child
            page: { context: "\(server.url("/owner/repository"))" }
            bare: bare.tar
            deep: { context: "bare.tar#:no/where" }
            fine: in
            """)
        let outcome = try context.buildAll("batch.yaml", "--progress", "plain")
        #expect(outcome.exitCode == 1)
        for line in [
            "batch.yaml:3:20: context: \(server.url("/none")): HTTP 404", "child: blocked",
            "batch.yaml:5:20: context: \(server.url("/owner/repository")): it is no tar archive but a page; the address of a git repository ends in .git",
            "batch.yaml:6:9: \(workspace.path("bare.tar"))/Dockerfile: there is no such file; at its root are f, sub",
            "batch.yaml:7:20: context: \(workspace.path("bare.tar")): the folder \"no/where\" is not there",
            "fine: built",
        ] { #expect(outcome.errors.contains(line), "\(line) is not in\n\(outcome.errors)") }
        let none = try context.buildAll("batch.yaml", "nowhere.tar")
        #expect(none.exitCode == 2)
        try context.write("a: { context: github.com/acme/app }")
        let missing = try context.buildAll("batch.yaml")
        #expect(missing.exitCode == 2)
        #expect(missing.errors.contains("hint: https://github.com/acme/app.git"), "\(missing.errors)")
    }

    @Test func `a server that is busy is the network's fault, and asked again as the image says`() throws {
        let context = try workspace()
        let workspace = context.workspace
        try workspace.run("tar", "czf", "a.tar.gz", "-C", "in", ".")
        let bytes = try [UInt8](Data(contentsOf: URL(filePath: workspace.path("a.tar.gz"))))
        // Longer than anybody waits: each attempt is one request.
        let server = WebServer { request, number in
            number < 2
                ? WebServer.Reply(503, headers: ["Retry-After": "100000"]) : WebServer.Reply.file(bytes, to: request)
        }
        try context.write("a: { context: \"\(server.url("/a"))\" }")
        let failed = try context.buildAll("batch.yaml")
        #expect(failed.exitCode == 4, "\(failed.errors)")
        #expect(server.requests.count == 1)
        try context.write("a: { context: \"\(server.url("/a"))\", retry: { attempts: 2 } }")
        let outcome = try context.buildAll("batch.yaml")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("a: trying again in"), "\(outcome.errors)")
        #expect(server.requests.count == 3)
    }

    @Test func `an archive leads nowhere out of it`() throws {
        let context = try ContextWorkspace()
        let workspace = context.workspace
        try workspace.run(
            "sh", "-c",
            """
            mkdir in; echo 'FROM scratch' > in/Dockerfile; ln -s /etc in/etc; ln -s /etc/hostname in/Dockerfile.link
            tar cf links.tar -C in .; echo x > f; tar cPf above.tar --transform 's|^|../../|' f
            """)
        try context.write(
            """
            link: { context: links.tar, dockerfile: Dockerfile.link }
            folder: { context: "links.tar#:etc" }
            above: above.tar
            parent: { context: links.tar, dockerfile: ../Dockerfile }
            copy: { context: links.tar, inline: "FROM scratch\\nCOPY etc/hostname /x\\n" }
            """)
        let outcome = try context.buildAll("batch.yaml")
        #expect(outcome.exitCode == 1)
        let archive = workspace.path("links.tar")
        for line in [
            "\(archive)/Dockerfile.link: the link leads out of its folder",
            "\(archive): the folder \"etc\" leads out of the archive", "entry \"../../f\" is refused",
            "\(archive)/../Dockerfile: it is outside of the context", "copy: failed",
        ] { #expect(outcome.errors.contains(line), "\(line) is not in\n\(outcome.errors)") }
    }

    @Test func `http is warned of, and a password in an address is shown nowhere`() throws {
        let context = try workspace()
        let workspace = context.workspace
        try workspace.run("tar", "czf", "a.tar.gz", "-C", "in", ".")
        let server = try ContextWorkspace.server(of: workspace.path("a.tar.gz"))
        let password = "s3cret-\(UUID().uuidString.prefix(8))"
        try context.write(
            "a: { context: \"http://me:\(password)@127.0.0.1:\(server.port)/a?sig=\(password)\" }\nb: { context: \"http://example.invalid/x\" }"
        )
        let outcome = try context.buildAll("batch.yaml", "a", "--progress", "plain")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(
            outcome.errors.contains("warning: batch.yaml:4:17: the context comes from example.invalid over http"),
            "\(outcome.errors)")
        #expect(!outcome.errors.contains("from 127.0.0.1 over"))
        #expect(!outcome.errors.contains(password) && !outcome.output.contains(password))
        #expect(try !workspace.buildAll("history", "show", "a").output.contains(password))
        #expect(Shell("grep -rlaF '\(password)' \(workspace.state)").output == "")
    }

    // MARK: Ends

    @Test(arguments: [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)])
    func `a signal ends a run that fetches`(signal: Int32, code: Int32) throws {
        let context = try workspace()
        let server = WebServer { _, _ in
            var reply = WebServer.Reply(String(repeating: "x", count: 1000))
            reply.stallsAfter = 10
            return reply
        }
        try context.write("a: { context: \"\(server.url("/a"))\" }")
        for command in ["build", "plan"] {
            let before = server.requests.count
            let program = try Program.start(
                [Program.buildAll, command, "batch.yaml", "--state", context.workspace.state],
                in: context.workspace.folder)
            while server.requests.count == before { usleep(10_000) }
            program.send(signal)
            #expect(program.wait() == code, "\(command)")
            #expect(context.leftovers == "")
        }
    }

    @Test func `a plan beside a run is not swept by it, and a killed one is by the next`() throws {
        let context = try workspace()
        let workspace = context.workspace
        try workspace.run("tar", "czf", "a.tar.gz", "-C", "in", ".")
        let bytes = try [UInt8](Data(contentsOf: URL(filePath: workspace.path("a.tar.gz"))))
        let gate = DispatchSemaphore(value: 0)
        let server = WebServer { request, _ in
            gate.wait()
            return WebServer.Reply.file(bytes, to: request)
        }
        try context.write("a: { context: \"\(server.url("/a"))\" }\nb: in")
        func startPlan() throws -> ChildProcess {
            let before = server.requests.count
            let program = try Program.start(
                [Program.buildAll, "plan", "batch.yaml", "--state", workspace.state], in: workspace.folder,
                errors: workspace.path("errors"))
            while server.requests.count == before { usleep(10_000) }
            return program
        }
        let plan = try startPlan()
        #expect(try context.buildAll("batch.yaml", "b").exitCode == 0)
        gate.signal()
        let code = plan.wait()
        let errors = try context.content("errors")
        #expect(code == 0, "\(errors)")
        let killed = try startPlan()
        killed.send(SIGKILL)
        killed.wait()
        gate.signal()
        #expect(context.leftovers != "")
        #expect(try context.buildAll("batch.yaml", "b").exitCode == 0)
        #expect(context.leftovers == "")
    }
}
