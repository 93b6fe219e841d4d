import Foundation
import TestSupport
import Testing

/// Main contexts that are trees of git repositories.
@Suite struct GitContextTests {
    private static let history = """
        new a; printf 'FROM scratch\\nCOPY . /\\n' > Dockerfile; printf '.git*\\nDockerfile\\n.dockerignore\\nignored\\n' > .dockerignore
        echo x > ignored; echo one > f; mkdir sub; printf 'FROM scratch\\nCOPY g /\\n' > sub/Dockerfile; echo deep > sub/g; commit one
        git tag -a v1 -m v1; echo pull > f; commit pull; git update-ref refs/pull/12/head HEAD
        git update-ref refs/pull/12/merge HEAD; git update-ref refs/merge-requests/3/head HEAD
        git reset -q --hard v1; git checkout -q -b side; echo side > f; commit side; git checkout -q main
        echo two > f; commit two; publish a
        """

    /// Counts the fetches of git.
    private func counting(_ workspace: Workspace) throws -> [String: String] {
        let git = try workspace.run("sh", "-c", "command -v git").lines[0]
        let script = "#!/bin/sh\necho \"$*\" >> '\(workspace.path("calls"))'\nexec \(git) \"$@\"\n"
        try workspace.write("bin/git", script, mode: 0o755)
        return ["PATH": "\(workspace.path("bin")):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"]
    }

    @Test func `references of all kinds are contexts, each fetched once`() throws {
        let server = try GitServer(Self.history)
        let context = try ContextWorkspace()
        let remote = "git://127.0.0.1:\(server.port)/a.git"
        let commit = server.commit("a", "v1^{commit}")
        let cases = [
            ("head", "", "two"), ("again", "", "two"), ("branch", "#side", "side"), ("tag", "#v1", "one"),
            ("commit", "#\(commit)", "one"), ("pull", "#pull/12/head", "pull"),
            ("merge", "#refs/pull/12/merge", "pull"),
            ("request", "#refs/merge-requests/3/head", "pull"), ("query", "?tag=v1", "one"),
        ]
        try context.write(
            cases.map { "\($0.0): { context: \"\(remote)\($0.1)\", outputs: [{ rootfs: \($0.0) }] }" }
                .joined(separator: "\n") + "\nsub: { context: \"\(remote)#v1:sub\", outputs: [{ rootfs: sub }] }")
        let images = try context.build(environment: counting(context.workspace))
        #expect(images.values.allSatisfy { $0.status == "built" })
        for (name, _, expected) in cases {
            #expect(try context.content("\(name)/f") == "\(expected)\n", "\(name)")
            #expect(try context.workspace.run("ls", "-A", name).lines == ["f", "sub"])
        }
        #expect(try context.content("sub/g") == "deep\n")
        // `head` and `again` are one context; the depth is one commit.
        let fetches = try context.content("calls").split(separator: "\n").filter { $0.hasPrefix("fetch ") }
        #expect(fetches.count == 9)
        #expect(fetches.allSatisfy { $0.contains("--depth=1") })
        let shown = try context.workspace.buildAll("history", "show", "tag").output
        #expect(shown.contains("context \(remote)#\(commit)"), "\(shown)")
        #expect(try context.build().values.allSatisfy { $0.status == "fresh" })
        server.change("a", "echo three > f; commit three")
        let changed = try context.build()
        #expect(changed["head"]?.status == "built")
        #expect(try context.content("head/f") == "three\n")
        #expect(changed["tag"]?.status == "fresh")
        #expect(context.leftovers == "")
    }

    @Test(arguments: ["SSL_CERT_FILE", "GIT_SSL_CAINFO"])
    func `a server whose authority nobody knows is not believed, one that the environment names is`(
        variable: String
    ) throws {
        let server = try GitServer(
            .smartHTTPS,
            "new a; printf 'FROM scratch\\nCOPY f /\\n' > Dockerfile; echo one > f; commit one; publish a\n"
                + "tar czf a.tar.gz -C a Dockerfile f")
        let context = try ContextWorkspace()
        let url = "https://127.0.0.1:\(server.port)"
        try context.write(
            """
            git: { context: "\(url)/a.git", outputs: [{ rootfs: git }] }
            archive: { context: "\(url)/a.tar.gz", outputs: [{ rootfs: archive }] }
            """)
        let refused = try context.buildAll("batch.yaml")
        #expect(refused.exitCode != 0)
        #expect(refused.errors.contains("certificate"), "\(refused.errors)")
        let none = ["SSL_CERT_FILE": "", "GIT_SSL_CAINFO": ""]
        let trusting = try context.buildAll(
            "batch.yaml", environment: none.merging([variable: server.folder.path("ca.crt")]) { $1 })
        #expect(try context.content("git/f") == "one\n", "\(trusting.errors)")
        // What is git's alone is not for downloads.
        #expect((trusting.exitCode == 0) == (variable == "SSL_CERT_FILE"), "\(trusting.errors)")
        if variable == "SSL_CERT_FILE" { #expect(try context.content("archive/f") == "one\n") }
    }

    @Test func `a repository of this machine is one with a reference, without it is its folder`() throws {
        let server = try GitServer(Self.history)
        let context = try ContextWorkspace()
        try context.workspace.run("cp", "-r", "\(server.folder.path)/a", "work")
        try context.workspace.write("work/f", "not committed\n")
        try context.write(
            """
            folder: { context: work, outputs: [{ rootfs: folder }] }
            part: { context: "work#:sub", outputs: [{ rootfs: part }] }
            tree: { context: "./work#v1", outputs: [{ rootfs: tree }] }
            url: { context: "file://\(server.folder.path)/a.git#side", outputs: [{ rootfs: url }] }
            """)
        _ = try context.build()
        #expect(try context.content("folder/f") == "not committed\n")
        #expect(try context.content("part/g") == "deep\n")
        #expect(try context.content("tree/f") == "one\n")
        #expect(try context.content("url/f") == "side\n")
    }

    @Test func `epoch git is the time of the commit that the context is`() throws {
        let server = try GitServer(Self.history)
        let context = try ContextWorkspace()
        try context.write(
            "a: { context: \"git://127.0.0.1:\(server.port)/a.git#v1\", epoch: git, outputs: [{ rootfs: a }, { oci: oci }] }"
        )
        _ = try context.build()
        let image = try context.workspace.run("skopeo", "inspect", "oci:oci:latest").output
        #expect(image.contains("\"Created\": \"2002-02-03T04:05:06Z\""), "\(image)")
    }

    @Test(arguments: [
        ["GIT_TOKEN": "tok", "GIT_PULL_METHOD": "http"],
        ["GIT_USERNAME": "me", "GIT_PASSWORD": "s3cr3t", "GIT_PULL_METHOD": "http"],
    ])
    func `kaniko's address and variables work, and the token stays secret`(variables: [String: String]) throws {
        let credentials =
            variables["GIT_TOKEN"].map { "\($0):" }
            ?? "\(variables["GIT_USERNAME"] ?? ""):\(variables["GIT_PASSWORD"] ?? "")"
        let server = try GitServer(.smartHTTP, credentials: credentials, Self.history)
        let context = try ContextWorkspace()
        let commit = server.commit("a", "v1^{commit}")
        let address = "git://127.0.0.1:\(server.port)/a.git"
        try context.write(
            """
            a: { context: "\(address)#refs/heads/side", outputs: [{ rootfs: a }] }
            b: { context: "\(address)#refs/heads/main#\(commit)", outputs: [{ rootfs: b }] }
            """)
        _ = try context.build(environment: variables)
        #expect(try context.content("a/f") == "side\n")
        #expect(try context.content("b/f") == "one\n")
        if let password = variables["GIT_PASSWORD"] {
            #expect(Shell("cat \(server.folder.path("leaks"))").output.contains("No such file"))
            #expect(Shell("grep -rlaF \(password) \(context.workspace.state)").output == "")
        }
        // The token goes nowhere else, and without it nobody is let in.
        let outcome = try context.buildAll(
            "batch.yaml", environment: ["GIT_PULL_METHOD": "http", "HOME": "/nonexistent"])
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("hint: git takes credentials from its credential helpers"), "\(outcome.errors)")
        try context.write("a: { context: \"http://127.0.0.1:\(server.port)/a.git\" }")
        #expect(
            try context.buildAll("batch.yaml", environment: variables.merging(["HOME": "/nonexistent"]) { $1 }).exitCode
                == 1)
    }

    @Test(.enabled(if: SSHServer.isInstalled)) func `ssh goes to a real sshd, in both forms of address`() throws {
        let server = try SSHServer()
        let repositories = try GitServer(Self.history)
        let context = try ContextWorkspace()
        try context.workspace.write(
            "home/.gitconfig", "[core]\n\tsshCommand = ssh -o BatchMode=yes -F \(server.clientConfiguration)\n")
        let path = "\(repositories.folder.path)/a.git"
        try context.write(
            """
            url: { context: "ssh://\(server.user)@127.0.0.1:\(server.port)\(path)#side", outputs: [{ rootfs: url }] }
            scp: { context: "\(server.user)@127.0.0.1:\(path)#v1", outputs: [{ rootfs: scp }] }
            """)
        let environment = ["HOME": context.workspace.path("home"), "XDG_CONFIG_HOME": "/nonexistent"]
        _ = try context.build(environment: environment)
        #expect(try context.content("url/f") == "side\n")
        #expect(try context.content("scp/f") == "one\n")
        let stranger = try context.buildAll(
            "batch.yaml", "url", environment: ["HOME": "/nonexistent", "SSH_AUTH_SOCK": ""])
        #expect(stranger.exitCode == 1)
        #expect(stranger.errors.contains("the host's key must be in ~/.ssh/known_hosts"), "\(stranger.errors)")
    }

    @Test func `what is wrong with a repository is said where it is named, with what is near`() throws {
        let server = try GitServer(Self.history)
        let context = try ContextWorkspace()
        let remote = "git://127.0.0.1:\(server.port)/a.git"
        try context.write(
            """
            reference: { context: "\(remote)#sidee" }
            folder: { context: "\(remote)#main:nowhere" }
            file: { context: "\(remote)", dockerfile: Dockerfile.x }
            repository: { context: "git://127.0.0.1:\(server.port)/none.git" }
            closed: { context: "git://127.0.0.1:1/x.git" }
            """)
        let outcome = try context.buildAll("batch.yaml")
        #expect(outcome.exitCode == 1)
        for line in [
            "batch.yaml:3:25: context: \(remote) has no branch, tag or commit \"sidee\"", "hint: it has side",
            "batch.yaml:4:22: context: \(remote): the folder \"nowhere\" is not there",
            "batch.yaml:5:",
            "\(remote)/Dockerfile.x: there is no such file; at its root are .dockerignore, Dockerfile, f",
            "batch.yaml:6:26: context: looking into git://127.0.0.1:\(server.port)/none.git: git: ",
            "hint: git:// is git's own protocol",
        ] { #expect(outcome.errors.contains(line), "\(line) is not in\n\(outcome.errors)") }
        try context.workspace.write("empty/x", "")
        let without = try context.workspace.buildAll(
            "batch.yaml", "file", environment: ["PATH": context.workspace.path("empty")])
        #expect(without.exitCode == 1)
        #expect(without.errors.contains("git"), "\(without.errors)")
    }

    @Test func `submodules come along, hooks and filters of a repository do not run`() throws {
        let server = try GitServer(
            """
            (new c; echo c > c; commit c; publish c)
            (new a; printf 'FROM scratch\\nCOPY . /\\n' > Dockerfile; echo '* filter=evil' > .gitattributes
             mkdir hooks; printf '#!/bin/sh\\ntouch \(NSTemporaryDirectory())mark\\n' > hooks/post-checkout; chmod +x hooks/post-checkout
             git -c protocol.file.allow=always submodule --quiet add ../c.git sub 2>/dev/null
             git config -f .gitmodules submodule.sub.url ../c.git; commit a; publish a)
            """)
        let context = try ContextWorkspace()
        try context.write("a: { context: \"git://127.0.0.1:\(server.port)/a.git\", outputs: [{ rootfs: a }] }")
        _ = try context.build()
        #expect(try context.content("a/sub/c") == "c\n")
        #expect(access("\(NSTemporaryDirectory())mark", F_OK) != 0)
        #expect(try context.workspace.run("find", "a", "-name", ".git").output == "")
    }
}
