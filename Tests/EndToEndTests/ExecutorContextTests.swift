import Foundation
import SystemPackage
import TestSupport
import Testing

/// `executor`: contexts in all forms, and the jobs of `docs/kaniko.md`.
@Suite struct ExecutorContextTests {
    private func workspace() throws -> KanikoWorkspace {
        let kaniko = try KanikoWorkspace(withRegistry: false, dockerfile: "FROM scratch\nCOPY . /\n")
        try kaniko.workspace.run("rm", "app/busybox")
        try kaniko.workspace.write("app/.dockerignore", "Dockerfile\n.dockerignore\nsub/Dockerfile\n")
        try kaniko.workspace.write("app/sub/Dockerfile", "FROM scratch\nCOPY b.txt /\n")
        try kaniko.workspace.write("app/sub/b.txt", "b\n")
        try kaniko.workspace.run("tar", "czf", "app.tar.gz", "-C", "app", ".")
        return kaniko
    }

    private func built(_ kaniko: KanikoWorkspace, _ outcome: Outcome) throws -> [String] {
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        return try kaniko.names(ofLayout: "layout").joined().filter { !$0.hasSuffix("/") }.sorted()
    }

    @Test(arguments: [
        (["-c", "app"], ["a.txt", "sub/b.txt"]), (["--context=dir://app"], ["a.txt", "sub/b.txt"]),
        (["-c", "tar://app.tar.gz"], ["a.txt", "sub/b.txt"]), (["-c", "app", "--context-sub-path", "sub"], ["b.txt"]),
        (["-c", "tar://app.tar.gz", "--context-sub-path=/sub/"], ["b.txt"]),
        (["-c", "app", "-f", "sub/Dockerfile", "--context-sub-path=."], ["fails"]),
    ]) func `folders and archives`(flags: [String], expected: [String]) throws {
        let kaniko = try workspace()
        let outcome = try kaniko.executor(flags + ["--no-push", "--oci-layout-path=layout"])
        if expected == ["fails"] {
            #expect(outcome.exitCode == 1)
        } else {
            #expect(try built(kaniko, outcome) == expected)
        }
    }

    @Test(arguments: [("", ["a.txt", "sub/b.txt"]), ("--context-sub-path=sub", ["b.txt"])])
    func `standard input`(flag: String, expected: [String]) throws {
        let kaniko = try workspace()
        let outcome = try Program.run(
            [
                "sh", "-c",
                "cat app.tar.gz | ./executor -c tar://stdin --no-push --oci-layout-path=layout --state s \(flag)",
            ],
            in: kaniko.workspace.folder)
        #expect(try built(kaniko, outcome) == expected)
    }

    @Test(
        arguments: [
            ("#refs/heads/side", [], ["side.txt"]),
            ("", ["--git=branch=side", "--git", "single-branch=true"], ["side.txt"]),
            ("", [], ["main.txt"]), ("#refs/tags/v1", ["--context-sub-path=sub"], ["deep.txt"]),
            ("", ["--context-sub-path=sub"], ["deep.txt"]),
        ] as [(String, [String], [String])])
    func `repositories, with a token of the environment`(
        fragment: String, flags: [String], expected: [String]
    ) throws {
        let server = try GitServer(
            .smartHTTP, credentials: "tok:",
            """
            new a; printf 'FROM scratch\\nCOPY *.txt /\\n' | tee Dockerfile >/dev/null; touch main.txt
            mkdir sub; printf 'FROM scratch\\nCOPY *.txt /\\n' > sub/Dockerfile; touch sub/deep.txt; commit one; git tag v1
            git checkout -q -b side; git mv main.txt side.txt; commit two; git checkout -q main; publish a
            """)
        let kaniko = try KanikoWorkspace(withRegistry: false)
        let outcome = try kaniko.executor(
            ["-c", "git://127.0.0.1:\(server.port)/a.git\(fragment)", "--no-push", "--oci-layout-path=layout"] + flags,
            environment: ["GIT_TOKEN": "tok", "GIT_PULL_METHOD": "http", "HOME": "/nonexistent"])
        #expect(try built(kaniko, outcome) == expected)
        #expect(!outcome.errors.contains("tok"))
    }

    @Test(.enabled(if: PythonServer.hasCloudPackages, "needs what `make test` installs for Python"))
    func `a bucket of S3`() throws {
        let kaniko = try workspace()
        let server = try CloudServers.amazon()
        let environment = [
            "S3_ENDPOINT": server.url, "S3_FORCE_PATH_STYLE": "true", "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": server.settings["key"] ?? "", "AWS_SECRET_ACCESS_KEY": server.settings["secret"] ?? "",
        ]
        let upload = """
            import boto3, os
            s3 = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT"])
            for key in ("team/app.tgz", "context.tar.gz"): s3.upload_file("app.tar.gz", "bucket", key)
            """
        try kaniko.workspace.run(PythonServer.python, "-c", upload, environment: environment)
        for (flags, expected) in [
            (["-c", "s3://bucket/team/app.tgz"], ["a.txt", "sub/b.txt"]),
            (["-b", "s3://bucket"], ["a.txt", "sub/b.txt"]),
            (["--context=s3://bucket/team/app.tgz", "--context-sub-path", "sub"], ["b.txt"]),
        ] {
            let outcome = try kaniko.executor(
                flags + ["--no-push", "--oci-layout-path=layout"], environment: environment)
            #expect(try built(kaniko, outcome) == expected)
        }
    }

    @Test(.enabled(if: PythonServer.hasCloudPackages, "needs what `make test` installs for Python"))
    func `a bucket of Google`() throws {
        let kaniko = try workspace()
        let server = try CloudServers.google()
        for name in ["team%2Fapp.tgz", "context.tar.gz"] {
            try kaniko.workspace.run(
                "curl", "-sf", "-X", "POST", "--data-binary", "@app.tar.gz",
                "\(server.url)/upload/storage/v1/b/bucket/o?uploadType=media&name=\(name)")
        }
        for (flags, expected) in [
            (["--context=gs://bucket/team/app.tgz"], ["a.txt", "sub/b.txt"]),
            (["-c", "gs://bucket"], ["a.txt", "sub/b.txt"]),
            (["--bucket=bucket/team/app.tgz"], ["a.txt", "sub/b.txt"]),
            (["-b", "gs://bucket"], ["a.txt", "sub/b.txt"]),
            (["-c", "gs://bucket/team/app.tgz", "--context-sub-path=sub"], ["b.txt"]),
        ] {
            let outcome = try kaniko.executor(
                flags + ["--no-push", "--oci-layout-path=layout"], environment: ["STORAGE_EMULATOR_HOST": server.url])
            #expect(try built(kaniko, outcome) == expected, "\(flags)")
        }
        let missing = try kaniko.executor(
            ["-c", "gs://bucket/none.tgz", "--no-push"], environment: ["STORAGE_EMULATOR_HOST": server.url])
        #expect(missing.exitCode == 1)
        #expect(missing.errors.contains("gs://bucket/none.tgz"), "\(missing.errors)")
    }

    @Test func `a blob of Azure, by the account's own name and with its key`() throws {
        let kaniko = try workspace()
        let certificates = try TestFolder()
        let host = "account.blob.core.windows.net"
        try TestCertificates.make(in: FilePath(certificates.path), names: [host])
        let server = try CloudServers.azure(file: kaniko.path("app.tar.gz"), certificates: certificates.path)
        let proxy = TestProxy(target: try #require(Int(server.port)))
        var environment = [
            "HTTPS_PROXY": "http://\(proxy.address)", "NO_PROXY": "", "SSL_CERT_FILE": certificates.path("ca.crt"),
        ]
        let build = ["-c", "https://\(host)/box/dir/ctx.tar.gz", "--no-push", "--oci-layout-path=layout"]
        let without = try kaniko.executor(build, environment: environment)
        #expect(without.exitCode == 1)
        #expect(without.errors.contains("AZURE_STORAGE_ACCESS_KEY"), "\(without.errors)")
        let key = try #require(server.settings["key"])
        environment["AZURE_STORAGE_ACCESS_KEY"] = key
        let outcome = try kaniko.executor(build, environment: environment)
        #expect(try built(kaniko, outcome) == ["a.txt", "sub/b.txt"])
        let part = try kaniko.executor(build + ["--context-sub-path", "sub"], environment: environment)
        #expect(try built(kaniko, part) == ["b.txt"])
        for text in [without, outcome, part].map(\.errors) { #expect(!text.contains(key)) }
        #expect(try Program.run(["grep", "-rlF", key, "state"], in: kaniko.workspace.folder).exitCode == 1)
    }

    @Test func `a Dockerfile at a URL, with the context's ignore file`() throws {
        let kaniko = try workspace()
        let server = WebServer { _, _ in WebServer.Reply("FROM scratch\nCOPY . /remote/\n") }
        let outcome = try kaniko.executor(
            ["-c", "app", "-f", server.url("/Dockerfile"), "--no-push", "--oci-layout-path=layout"])
        #expect(try built(kaniko, outcome) == ["remote/a.txt", "remote/sub/b.txt"])
        let missing = try kaniko.executor(["-c", "app", "-f", "http://127.0.0.1:1/x", "--no-push"])
        #expect(missing.exitCode == 1)
    }

    @Test func `secrets reach the step that mounts them, and nothing else`() throws {
        let kaniko = try KanikoWorkspace(
            withRegistry: false,
            dockerfile: Workspace.busyboxDockerfile + """
                RUN --mount=type=secret,id=a --mount=type=secret,id=b cat /run/secrets/a /run/secrets/b | md5sum >/sum

                """)
        try kaniko.workspace.write("secret", "one-secret\n")
        let outcome = try kaniko.build(
            "--no-push", "--secret", "id=a,src=secret", "--secret=id=b,env=B", "--oci-layout-path=layout",
            environment: ["B": "two-secret"])
        #expect(!outcome.errors.contains("-secret\n"))
        #expect(try Program.run(["grep", "-rlF", "two-secret", "state"], in: kaniko.workspace.folder).exitCode == 1)
    }

    // MARK: - The jobs of docs/kaniko.md

    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/kaniko.md").standardizedFileURL

    private func example(_ number: Int) throws -> [String] {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let blocks = text.components(separatedBy: "```yaml\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
        return try #require(blocks.count > number ? blocks[number] : nil).split(separator: "\n").map(String.init)
    }

    @Test func `the job of GitLab runs as it stands`() throws {
        let kaniko = try KanikoWorkspace()
        let lines = try example(0)
        let start = try #require(lines.firstIndex { $0.hasSuffix("script:") })
        var script = ""
        for line in lines[(start + 1)...] {
            let words = line.trimmingCharacters(in: .whitespaces)
            if words.hasPrefix("- ") {
                script += "\n" + words.dropFirst(2).replacing(">-", with: "")
            } else {
                script += words + " "
            }
        }
        script = script.replacing("/kaniko/executor", with: kaniko.path("executor"))
            .replacing("/kaniko/.docker", with: kaniko.path("docker"))
        let outcome = try Program.run(
            ["sh", "-euc", script], in: kaniko.workspace.folder,
            environment: [
                "CI_PROJECT_DIR": kaniko.path("app"), "CI_REGISTRY": kaniko.host, "CI_REGISTRY_USER": "u",
                "CI_REGISTRY_PASSWORD": "p", "CI_REGISTRY_IMAGE": "\(kaniko.host)/group/project",
                "CI_COMMIT_TAG": "v1.2.3", "DOCKER_CONFIG": kaniko.path("docker"),
                "BUILD_ALL_STATE": kaniko.path("state"),
            ])
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(try kaniko.digest("docker://\(kaniko.host)/group/project:v1.2.3") == kaniko.content("app/digest"))
        for flag in ["--snapshot-mode", "--use-new-run"] { #expect(outcome.errors.contains("\(flag) does nothing: ")) }
    }

    @Test func `the pod of Kubernetes runs as it stands`() throws {
        let kaniko = try KanikoWorkspace(dockerfile: KanikoWorkspace.dockerfile)
        try kaniko.workspace.run("cp", "app/Dockerfile", "app/dockerfile")
        try kaniko.workspace.run("ln", "-s", "app", "workspace")
        try kaniko.workspace.write("termination-log", "")
        let arguments = try example(1).compactMap { line -> String? in
            let words = line.trimmingCharacters(in: .whitespaces)
            guard words.hasPrefix("- \"--") else { return nil }
            return String(words.dropFirst(3).dropLast()).replacing("registry.example.com", with: kaniko.host)
                .replacing("=/workspace", with: "=\(kaniko.path("app"))")
                .replacing("/dev/termination-log", with: kaniko.path("termination-log"))
        }
        #expect(arguments.count == 4)
        let outcome = try kaniko.executor(arguments)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        let digest = try kaniko.digest("docker://\(kaniko.host)/team/app:1.0")
        #expect(try kaniko.content("termination-log") == "\(kaniko.host)/team/app@\(digest)\n")
    }
}
