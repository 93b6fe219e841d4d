import Contexts
import Foundation
import HTTP
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)), .serialized) struct GitCheckoutTests {
    private static let history = """
        new a; echo one > f; mkdir sub; echo deep > sub/g; ln -s g sub/link; printf '#!/bin/sh\\n' > run; chmod +x run; commit one
        git tag light; echo two > f; commit two; git tag -a annotated -m text
        git branch both; git tag both light; git branch dir/branch
        git checkout -q -b side; echo side > f; commit side; git update-ref refs/pull/7/head HEAD
        git checkout -q main; echo three > f; commit three; publish a
        """

    private func checkouts(_ world: World, home: String? = nil) -> GitCheckouts {
        GitCheckouts(
            world.configuration { configuration in
                configuration.environment["HOME"] = home ?? world.folder.path
                configuration.environment["XDG_CONFIG_HOME"] = nil
            })
    }

    private func content(_ tree: GitTree, _ name: String = "f") -> String {
        Shell("cat '\(tree.path)/\(name)'").output.trimmingCharacters(in: .newlines)
    }

    @Test func `a reference is a branch, a tag, a full name or a commit`() async throws {
        let server = try GitServer(Self.history)
        let world = try World()
        let whole = server.commit("a", "light")
        for (reference, expected) in [
            (nil, "three"), ("HEAD", "three"), ("main", "three"), ("side", "side"), ("dir/branch", "two"),
            ("light", "one"), ("annotated", "two"), ("both", "two"), ("refs/tags/both", "one"),
            ("refs/heads/side", "side"), ("refs/tags/annotated", "two"), ("pull/7/head", "side"),
            ("refs/pull/7/head", "side"), ("heads/side", "side"), (whole, "one"), (whole.uppercased(), "one"),
            (String(whole.prefix(9)), "one"),
        ] as [(String?, String)] {
            let request = GitRequest(remote: "git://127.0.0.1:\(server.port)/a.git", reference: reference)
            let tree = try await checkouts(world).checkout(request)
            #expect(content(tree) == expected, "\(reference ?? "nil")")
            #expect(tree.commit.count == 40)
            #expect(tree.commitTime == 1_012_709_106)
        }
        #expect(Shell("ls -A \(world.folder.path("tmp"))").output == "")
    }

    @Test func `a name that is nowhere is an error that says so`() async throws {
        let server = try GitServer(Self.history)
        let world = try World()
        for name in ["none", "refs/heads/none", "0000000", String(repeating: "0", count: 40)] {
            let remote = "git://127.0.0.1:\(server.port)/a.git"
            await #expect(throws: ContextsError.noSuchReference(name, remote: remote)) {
                try await checkouts(world).checkout(GitRequest(remote: remote, reference: name))
            }
        }
        #expect(Shell("ls -A \(world.folder.path("tmp"))").output == "")
    }

    @Test func `a reference that has not moved is not fetched again, one that has is`() async throws {
        let server = try GitServer(Self.history)
        let world = try World()
        let request = GitRequest(remote: "git://127.0.0.1:\(server.port)/a.git", reference: "main")
        let first = try await checkouts(world).checkout(request)
        #expect(try await checkouts(world).checkout(request) == first)
        server.change("a", "echo four > f; commit four")
        let second = try await checkouts(world).checkout(request)
        #expect(second.commit == server.commit("a"))
        #expect(second.path != first.path)
        #expect(content(second) == "four")
        #expect(content(first) == "three")
    }

    @Test func `the commit has to be the one that is named, whole or its beginning`() async throws {
        let server = try GitServer(Self.history)
        let world = try World()
        let remote = "git://127.0.0.1:\(server.port)/a.git"
        let actual = server.commit("a", "annotated^{commit}")
        for expected in [actual, String(actual.prefix(8)), server.commit("a", "annotated").uppercased()] {
            var request = GitRequest(remote: remote, reference: "annotated")
            request.commit = expected
            #expect(try await checkouts(world).checkout(request).commit == actual)
        }
        for expected in [server.commit("a", "main"), "abcdef0", ""] {
            var request = GitRequest(remote: remote, reference: "annotated")
            request.commit = expected
            let error = await #expect(throws: ContextsError.self) { try await checkouts(world).checkout(request) }
            #expect(error == .commitMismatch(remote: remote, expected: expected, actual: actual))
        }
    }

    @Test func `the folder of git stays when it is wanted, clean`() async throws {
        let server = try GitServer(Self.history)
        let world = try World()
        var request = GitRequest(remote: "git://127.0.0.1:\(server.port)/a.git", reference: "annotated")
        #expect(try await Shell("ls -A \(checkouts(world).checkout(request).path)").lines == ["f", "run", "sub"])
        request.keepsGitFolder = true
        let tree = try await checkouts(world).checkout(request)
        let git = "git -C \(tree.path) -c safe.directory='*'"
        #expect(Shell("\(git) status --porcelain").output == "")
        #expect(Shell("\(git) rev-parse HEAD").lines == [tree.commit])
        #expect(Shell("\(git) symbolic-ref -q HEAD").status == 1)
        #expect(Shell("\(git) describe").lines == ["annotated"])
        #expect(Shell("\(git) remote get-url origin").lines == ["git://127.0.0.1:\(server.port)/a.git"])
        #expect(
            Shell("ls -A \(tree.path)/.git").lines.filter {
                ["FETCH_HEAD", "ORIG_HEAD", "hooks", "logs", "description"].contains($0)
            } == [])
    }

    @Test func `modes do not hang on the umask, times are those of the checkout or the commit`() async throws {
        let server = try GitServer(Self.history)
        let world = try World()
        var request = GitRequest(remote: "git://127.0.0.1:\(server.port)/a.git")
        let mask = umask(0o077)
        let before = Int(Date().timeIntervalSince1970) - 1
        let tree = try await checkouts(world).checkout(request)
        umask(mask)
        let list = "cd \(tree.path); stat -c '%A %n' . f run sub sub/g sub/link"
        #expect(
            Shell(list).lines == [
                "drwxr-xr-x .", "-rw-r--r-- f", "-rwxr-xr-x run", "drwxr-xr-x sub", "-rw-r--r-- sub/g",
                "lrwxrwxrwx sub/link",
            ])
        #expect(Int(Shell("stat -c %Y \(tree.path)/f").lines[0]) ?? 0 >= before)
        request.usesCommitTime = true
        let second = try await checkouts(world).checkout(request)
        #expect(
            Set(Shell("cd \(second.path); stat -c %Y . f run sub sub/g sub/link").lines) == ["1012709106"])
    }

    @Test func `a subfolder is the tree, and stays inside of it`() async throws {
        let server = try GitServer(
            """
            new a; mkdir -p in/deep; echo x > in/deep/f; echo y > file; ln -s in/deep inside; ln -s /etc absolute
            ln -s ../../../../.. above; commit one; publish a
            """)
        let world = try World()
        let remote = "git://127.0.0.1:\(server.port)/a.git"
        func checkout(_ subfolder: String) async throws -> GitTree {
            var request = GitRequest(remote: remote)
            request.subfolder = subfolder
            return try await checkouts(world).checkout(request)
        }
        for subfolder in ["in/deep", "/in//deep/", "./in/./deep", "inside"] {
            #expect(try await Shell("ls -A \(checkout(subfolder).path)").lines == ["f"], "\(subfolder)")
        }
        for (subfolder, reason) in [
            ("none", "is not there"), ("file", "is no folder"), ("absolute", "leads out of the repository"),
            ("above", "leads out of the repository"), ("in/../../..", "leads out of the repository"),
        ] {
            await #expect(throws: ContextsError.subfolder(subfolder, remote: remote, reason: reason)) {
                try await checkout(subfolder)
            }
        }
        #expect(Shell("ls -A \(world.folder.path("tmp"))").output == "")
    }

    @Test func `submodules come along, to any depth, unless they are not wanted`() async throws {
        let server = try GitServer(
            """
            (new c; echo c > c; commit c; publish c)
            (new b; echo b > b; git -c protocol.file.allow=always submodule --quiet add ../c.git c 2>/dev/null
             git config -f .gitmodules submodule.c.url ../c.git; commit b; publish b)
            (new a; git -c protocol.file.allow=always submodule --quiet add ../b.git sub 2>/dev/null
             git config -f .gitmodules submodule.sub.url ../b.git; commit a; publish a)
            """)
        let world = try World()
        var request = GitRequest(remote: "git://127.0.0.1:\(server.port)/a.git")
        let tree = try await checkouts(world).checkout(request)
        #expect(
            Shell("cd \(tree.path); find . -type f | sort").lines == [
                "./.gitmodules", "./sub/.gitmodules", "./sub/b", "./sub/c/c",
            ])
        request.fetchesSubmodules = false
        let without = try await checkouts(world).checkout(request)
        #expect(Shell("cd \(without.path); find . -type f").lines == ["./.gitmodules"])
    }

    // MARK: Ways to a server

    @Test func `a password goes to its server, and is nowhere else`() async throws {
        let server = try GitServer(.smartHTTP, credentials: "me:s3cr@t", Self.history)
        let world = try World()
        var request = GitRequest(remote: "http://me:s3cr%40t@127.0.0.1:\(server.port)/a.git", reference: "side")
        request.keepsGitFolder = true
        let tree = try await checkouts(world).checkout(request)
        #expect(content(tree) == "side")
        #expect(Shell("cat \(server.folder.path("leaks"))").output.contains("No such file"))
        #expect(Shell("grep -rl 's3cr' \(world.folder.path)").output == "")
        let wrong = GitRequest(remote: "http://me:wr0ng@127.0.0.1:\(server.port)/a.git")
        let error = await #expect(throws: ContextsError.self) { try await checkouts(world).checkout(wrong) }
        #expect(error?.description.hasPrefix("looking into http://127.0.0.1:\(server.port)/a.git: git: ") == true)
        #expect(error?.description.contains("wr0ng") == false)
        #expect(error?.isTemporary == false)
    }

    @Test func `a user's credential helper is asked, and filters and hooks of the user are not run`() async throws {
        let server = try GitServer(.smartHTTP, credentials: "me:token", Self.history)
        server.change("a", "echo 'f filter=evil' > .gitattributes; commit filter")
        let world = try World()
        let home = try TestFolder()
        let mark = home.path("mark")
        Shell(
            "mkdir \(home.path("hooks")); printf '#!/bin/sh\\ntouch \(mark)\\n' > \(home.path("hooks"))/post-checkout")
        Shell("chmod +x \(home.path("hooks"))/post-checkout")
        let config = """
            [credential]
            \thelper = "!f() { echo username=me; echo password=token; }; f"
            [filter "evil"]
            \tsmudge = touch \(mark); cat
            [core]
            \thooksPath = \(home.path("hooks"))
            \tfsmonitor = touch \(mark)
            [url "git://127.0.0.1:1/"]
            \tinsteadOf = http://127.0.0.1:\(server.port)/
            """
        try config.write(toFile: home.path(".gitconfig"), atomically: true, encoding: String.Encoding.utf8)
        var request = GitRequest(remote: "http://127.0.0.1:\(server.port)/a.git")
        request.isOfManifest = true
        let tree = try await checkouts(world, home: home.path).checkout(request)
        #expect(content(tree) == "three")
        #expect(access(mark, F_OK) != 0)
    }

    @Test(arguments: ["helper", "header", "netrc", "token"])
    func `what a Dockerfile names is not asked for in the user's name`(way: String) async throws {
        let server = try GitServer(.smartHTTP, credentials: "me:token", Self.history)
        let world = try World()
        let home = try TestFolder()
        let files = [
            "helper": (
                ".gitconfig", "[credential]\n\thelper = \"!f() { echo username=me; echo password=token; }; f\"\n"
            ),
            "header": (".gitconfig", "[http]\n\textraHeader = Authorization: Basic bWU6dG9rZW4=\n"),
            "netrc": (".netrc", "machine 127.0.0.1 login me password token\n"),
        ]
        if let (name, text) = files[way] {
            try text.write(toFile: home.path(name), atomically: true, encoding: String.Encoding.utf8)
        }
        let checkouts = GitCheckouts(
            world.configuration { configuration in
                configuration.environment["HOME"] = home.path
                configuration.environment["XDG_CONFIG_HOME"] = nil
                if way == "token" {
                    configuration.environment["GIT_USERNAME"] = "me"
                    configuration.environment["GIT_PASSWORD"] = "token"
                }
            })
        // A whole commit is looked up nowhere: neither is it served from what the manifest's context left.
        var request = GitRequest(
            remote: "http://127.0.0.1:\(server.port)/a.git", reference: server.commit("a", "main"))
        request.usesEnvironmentToken = way == "token"
        request.isOfManifest = true
        #expect(content(try await checkouts.checkout(request)) == "three")
        request.isOfManifest = false
        await #expect(throws: ContextsError.self) { try await checkouts.checkout(request) }
        request.remote = "http://me:token@127.0.0.1:\(server.port)/a.git"
        #expect(content(try await checkouts.checkout(request)) == "three")
    }

    @Test(arguments: [true, false])
    func `programs of git get of the environment what they need`(hasHelper: Bool) async throws {
        let server = try GitServer(.smartHTTP, credentials: "me:token", Self.history)
        let world = try World()
        let home = try TestFolder()
        let log = home.path("log")
        let helper = "[credential]\n\thelper = \"!f() { env >> \(log); echo username=me; echo password=token; }; f\"\n"
        try (hasHelper ? helper : "").write(toFile: home.path(".gitconfig"), atomically: true, encoding: .utf8)
        let program = "#!/bin/sh\nenv >> \(log)\nexit 1\n"
        Shell("mkdir \(home.path("bin"))")
        try program.write(toFile: home.path("bin/ssh"), atomically: true, encoding: .utf8)
        Shell("chmod +x \(home.path("bin/ssh"))")
        let checkouts = GitCheckouts(
            world.configuration { configuration in
                configuration.environment["HOME"] = home.path
                configuration.environment["XDG_CONFIG_HOME"] = nil
                configuration.environment["PATH"] = home.path("bin") + ":" + (configuration.environment["PATH"] ?? "")
                for name in [
                    "GIT_TRACE_CURL", "CI_JOB_TOKEN", "CI_JOB_JWT_V2", "BUILD_ALL_X", "MY_SECRET", "SSH_ASKPASS",
                ] {
                    configuration.environment[name] = "secret-\(name)"
                }
                configuration.environment["SSH_AUTH_SOCK"] = "/agent"
                configuration.environment["https_proxy"] = "http://127.0.0.1:1"
            })
        var request = GitRequest(remote: hasHelper ? "http://127.0.0.1:\(server.port)/a.git" : "ssh://127.0.0.1/a.git")
        request.isOfManifest = true
        do { _ = try await checkouts.checkout(request) } catch { #expect(!hasHelper, "\(error)") }
        let lines = Shell("cat \(log)").lines
        #expect(lines.contains("SSH_AUTH_SOCK=/agent"))
        #expect(lines.contains("https_proxy=http://127.0.0.1:1"))
        #expect(Set(lines.filter { $0.contains("=secret-") }) == (hasHelper ? ["MY_SECRET=secret-MY_SECRET"] : []))
    }

    @Test func `a tree whose record was cut short is fetched again`() async throws {
        let server = try GitServer(Self.history)
        let world = try World()
        let request = GitRequest(remote: "git://127.0.0.1:\(server.port)/a.git", reference: "main")
        let first = try await checkouts(world).checkout(request)
        Shell("cd \(first.path) && : > f && : > ../commit.json")
        #expect(try await checkouts(world).checkout(request) == first)
        #expect(content(first) == "three")
        #expect(Shell("ls -A \(world.folder.path("tmp"))").output == "")
    }

    @Test func `ssh forwards nothing`() async throws {
        let world = try World()
        let bin = try TestFolder()
        try "#!/bin/sh\necho \"$@\" >> \(bin.path("log"))\nexit 1\n".write(
            toFile: bin.path("ssh"), atomically: true, encoding: .utf8)
        Shell("chmod +x \(bin.path("ssh"))")
        let checkouts = GitCheckouts(
            world.configuration { configuration in
                configuration.environment["HOME"] = bin.path
                configuration.environment["PATH"] = bin.path + ":" + (configuration.environment["PATH"] ?? "")
            })
        await #expect(throws: ContextsError.self) {
            try await checkouts.checkout(GitRequest(remote: "ssh://git@127.0.0.1/a.git"))
        }
        let lines = Shell("cat \(bin.path("log"))").lines
        #expect(!lines.isEmpty)
        #expect(lines.allSatisfy { $0.hasPrefix("-a -x ") && $0.contains("-o ClearAllForwardings=yes") }, "\(lines)")
    }

    @Test func `ssh goes by the user's command`() async throws {
        let server = try GitServer(Self.history)
        let world = try World()
        let home = try TestFolder()
        let script =
            "#!/bin/sh\necho \"$@\" >> \(home.path("log"))\nfor word; do last=$word; done\ncd \(server.folder.path); eval \"$last\"\n"
        try script.write(toFile: home.path("ssh"), atomically: true, encoding: .utf8)
        try "[core]\n\tsshCommand = sh \(home.path("ssh"))\n".write(
            toFile: home.path(".gitconfig"), atomically: true, encoding: .utf8)
        for remote in ["ssh://git@127.0.0.1/\(server.folder.path)/a.git", "git@127.0.0.1:a.git"] {
            let request = GitRequest(remote: remote, reference: "side")
            #expect(content(try await checkouts(world, home: home.path).checkout(request)) == "side")
        }
        #expect(Shell("cat \(home.path("log"))").lines.allSatisfy { $0.contains("git@127.0.0.1") })
    }

    @Test func `a server of plain files is fetched from whole`() async throws {
        let server = try GitServer(.plainHTTP, Self.history)
        let world = try World()
        let remote = "http://127.0.0.1:\(server.port)/a.git"
        for reference in ["side", server.commit("a", "light")] {
            let tree = try await checkouts(world).checkout(GitRequest(remote: remote, reference: reference))
            #expect(tree.commit == server.commit("a", reference))
        }
    }

    @Test func `a repository of this machine is for those who may`() async throws {
        let server = try GitServer(Self.history)
        let world = try World()
        var request = GitRequest(remote: "file://\(server.folder.path)/a.git", reference: "side")
        await #expect(throws: ContextsError.self) { try await checkouts(world).checkout(request) }
        request.isOfManifest = true
        #expect(content(try await checkouts(world).checkout(request)) == "side")
    }

    // MARK: Hostile

    @Test(arguments: [
        "-x", "--upload-pack=touch${IFS}mark", "ext::sh -c touch% mark", "ext::sh", "fd::3", "/srv/x.git", "x.git",
        "ssh://-oProxyCommand=touch/x", "-oProxyCommand=x@h:p", "git@-oProxyCommand=x:p", "ftp://h/x.git",
        "git://-h/x.git", "http://h/x y.git", "a@b::c", "file:///srv/x.git", "",
    ])
    func `what is no address of a repository is never given to git`(remote: String) async throws {
        let world = try World()
        let error = await #expect(throws: ContextsError.self) {
            try await checkouts(world).checkout(GitRequest(remote: remote))
        }
        #expect(error.map { if case .refused = $0 { true } else { false } } == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        "--upload-pack=touch mark", "-x", "a..b", "a b", "a:b", "a^", "a~1", "@{u}", "a*", "", "/a", "a/", "a.lock",
        "a\nb",
        "a\\b", "+a",
    ])
    func `what is no reference is never given to git`(reference: String) async throws {
        let world = try World()
        let error = await #expect(throws: ContextsError.self) {
            try await checkouts(world).checkout(GitRequest(remote: "git://127.0.0.1:1/x.git", reference: reference))
        }
        if reference != "+a" {
            #expect(error == .refused(what: reference, reason: "it is no name of a branch, tag or commit"))
        }
    }

    @Test(arguments: ["FILE", "file://FILE", "-u./mark", "ext::sh -c touch% mark", "--upload-pack=./mark"])
    func `a submodule that is none of a server's is refused`(address: String) async throws {
        let server = try GitServer(
            """
            (new c; echo secret > c; commit c; publish c)
            (new a; git -c protocol.file.allow=always submodule --quiet add ../c.git sub 2>/dev/null
             git config -f .gitmodules submodule.sub.url "$(printf %s '\(address)' | sed "s|FILE|\(address.contains("FILE") ? "$PWD/../c.git" : "")|")"
             commit a; publish a)
            """)
        let world = try World()
        let error = await #expect(throws: ContextsError.self) {
            try await checkouts(world).checkout(GitRequest(remote: "git://127.0.0.1:\(server.port)/a.git"))
        }
        #expect(
            error?.description.hasPrefix("fetching the submodules of git://") == true, "\(error?.description ?? "")")
        // A manifest's own local repository gives its submodules no more.
        var local = GitRequest(remote: "file://\(server.folder.path)/a.git")
        local.isOfManifest = true
        await #expect(throws: ContextsError.self) { try await checkouts(world).checkout(local) }
        #expect(Shell("find \(world.folder.path) -name mark -o -name c").output == "")
    }

    // MARK: Faults

    @Test func `a server that fails is asked again, and then it is its fault`() async throws {
        let world = try World()
        let server = WebServer { _, _ in WebServer.Reply(503) }
        let error = await #expect(throws: ContextsError.self) {
            try await checkouts(world).checkout(GitRequest(remote: server.url("/x.git")))
        }
        #expect(error?.isTemporary == true)
        #expect(error?.isNetworkFailure == true)
        #expect(world.clock.pauses.count == 4)
        let gone = WebServer { _, _ in WebServer.Reply(404) }
        let lasting = await #expect(throws: ContextsError.self) {
            try await checkouts(world).checkout(GitRequest(remote: gone.url("/x.git")))
        }
        #expect(lasting?.isTemporary == false)
        #expect(lasting?.description.contains("not found") == true)
    }

    @Test func `a cancelled checkout leaves no git behind`() async throws {
        let world = try World()
        let server = WebServer { _, _ in
            var reply = WebServer.Reply("hello")
            reply.stallsAfter = 1
            return reply
        }
        let url = server.url("/x.git")
        let task = Task { try await checkouts(world).checkout(GitRequest(remote: url)) }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        let list = "ps -eo args | grep -F '\(url)' | grep -v grep"
        #expect(Shell(list).output != "")
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(Shell(list).output == "")
    }
}
