import Foundation
import SystemPackage
import TestSupport
import Testing

/// `executor`: what registries refuse to have moved, whom they let in, and where digests are sent.
@Suite struct ExecutorPushTests {
    // MARK: - Tags that stay

    private static func errors(_ code: String, _ message: String) -> String {
        #"{"errors":[{"code":"\#(code)","message":"\#(message)"}]}"#
    }

    /// Those of ECR, Harbor and Artifact Registry, and one with the status that one would expect.
    private static let refusals = [
        (
            400,
            errors(
                "TAG_INVALID",
                "The image tag 'kept' already exists in the 'app' repository and cannot be overwritten because the repository is immutable."
            )
        ),
        (412, errors("PRECONDITION", "Failed to process request due to 'app:kept' configured as immutable.")),
        (
            400,
            errors(
                "MANIFEST_INVALID",
                "manifest invalid: cannot update tag kept. The repository has enabled tag immutability"
            )
        ), (409, errors("CONFLICT", "tag immutability is enabled: tag kept cannot be overwritten")),
    ]

    @Test(arguments: refusals)
    func `a tag that cannot be moved is an error, unless that is to be ignored`(status: Int, body: String) throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        let registry = TestRegistry()
        registry.inject(.status(status, body: body), method: "PUT", path: "/manifests/kept", times: 1000)
        let build = [
            "-c", "app", "-f", "app/Dockerfile", "-d", "\(registry.host)/app:kept", "-d", "\(registry.host)/app:new",
            "--digest-file=digest", "--oci-layout-path=layout",
        ]
        let refused = try kaniko.executor(build)
        #expect(refused.exitCode == 1)
        #expect(refused.errors.contains("HTTP \(status)"), "\(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: kaniko.path("digest")))

        let ignored = try kaniko.executor(build + ["--push-ignore-immutable-tag-errors"])
        #expect(ignored.exitCode == 0, "\(ignored.errors)")
        #expect(ignored.errors.contains("WARN[") && ignored.errors.contains("/app:kept stays as it is: "))
        #expect(!ignored.errors.contains("Built \(registry.host)/app:kept"), "\(ignored.errors)")
        #expect(ignored.errors.contains("Built \(registry.host)/app:new"), "\(ignored.errors)")
        #expect(registry.manifest("app", "kept") == nil)
        #expect(try registry.manifest("app", kaniko.content("digest")) == registry.manifest("app", "new"))

        let push = ["push", "layout", "-d", "\(registry.host)/app:kept"]
        #expect(try kaniko.executor(push, state: nil).exitCode == 1)
        let pushed = try kaniko.executor(push + ["--push-ignore-immutable-tag-errors"], state: nil)
        #expect(pushed.exitCode == 0, "\(pushed.errors)")
        #expect(pushed.errors.contains("stays as it is") && !pushed.errors.contains("Pushed "), "\(pushed.errors)")
    }

    // MARK: - Certificates

    @Test(.enabled(if: DockerRegistry.isInstalled))
    func `a registry that wants a certificate of ours gets the one that is for it`() throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        let registry = try DockerRegistry(.init(tls: true, wantsClientCertificate: true))
        let (certificate, key) = registry.clientCertificate
        let trust = "--registry-certificate=\(registry.host)=\(registry.ca)"
        let build = ["-c", "app", "-f", "app/Dockerfile", "-d", "\(registry.host)/app:1", trust]
        let without = try kaniko.executor(build)
        #expect(without.exitCode == 1)
        let other = try kaniko.executor(build + ["--registry-client-cert=other.example.com=\(certificate),\(key)"])
        #expect(other.exitCode == 1)
        let ours = "--registry-client-cert=\(registry.host)=\(certificate),\(key)"
        let pushed = try kaniko.executor(build + [ours])
        #expect(pushed.exitCode == 0, "\(pushed.errors)")
        try kaniko.workspace.write("app/Dockerfile", "FROM \(registry.host)/app:1\nRUN cat /version\n")
        let pulled = try kaniko.executor(
            ["-c", "app", "-f", "app/Dockerfile", "--no-push", trust, ours], state: "another")
        #expect(pulled.exitCode == 0, "\(pulled.errors)")
    }

    // MARK: - Digests at URLs

    /// Keeps what is PUT to it, a file a request: the request's line and type, then the body. What is below `/denied` is
    /// refused, the first request of `/busy` answered with 503, and `/hang` never.
    private static let script = """
        import http.server, ssl
        FOLDER = os.environ["FOLDER"]
        count = 0
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass
            def do_PUT(self):
                global count
                count += 1
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with open(f"{FOLDER}/{count}", "w") as file: file.write(f"{self.path} {self.headers['Content-Type']}\\n{body}")
                if self.path.startswith("/hang"): threading.Event().wait()
                busy = self.path.startswith("/busy") and count == 1
                self.send_response(403 if self.path.startswith("/denied") else 503 if busy else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(FOLDER + "/server.crt", FOLDER + "/server.key")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        serving(port=server.server_port)
        server.serve_forever()
        """

    /// Its folder has the authority to trust, and what came.
    private func store() throws -> (server: PythonServer, folder: TestFolder) {
        let folder = try TestFolder()
        try TestCertificates.make(in: FilePath(folder.path))
        return (
            try PythonServer(Self.script, needsPackages: false, environment: ["FOLDER": folder.path]), folder
        )
    }

    private func received(_ folder: TestFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).compactMap { Int($0) }.sorted().map {
            try String(contentsOfFile: folder.path("\($0)"), encoding: .utf8)
        }
    }

    @Test func `digests and names are sent to URLs, as they stand`() throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        let registry = TestRegistry()
        let (server, folder) = try store()
        let url = "https://127.0.0.1:\(server.port)"
        let signature = "?X-Amz-Signature=geheim%2F1%2B&a=b+c"
        try kaniko.build(
            "-d", "\(registry.host)/team/app:1", "--digest-file=\(url)/busy/digest\(signature)",
            "--image-name-with-digest-file", "\(url)/name\(signature)",
            "--image-name-tag-with-digest-file=\(url)/tag%20name", environment: ["SSL_CERT_FILE": folder.path("ca.crt")]
        )
        let manifest = try #require(registry.manifest("team/app", "1"))
        let texts = try received(folder)
        let sent = try #require(texts.last?.split(separator: "@").last).trimmingCharacters(in: .newlines)
        #expect(registry.manifest("team/app", sent) == manifest)
        let first = "/busy/digest\(signature) text/plain\n\(sent)"
        #expect(
            texts == [
                first, first, "/name\(signature) text/plain\n\(registry.host)/team/app@\(sent)\n",
                "/tag%20name text/plain\n\(registry.host)/team/app:1@\(sent)\n",
            ])
    }

    @Test func `a URL that refuses is an error after the push, and what signs it is not shown`() throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        let registry = TestRegistry()
        let (server, folder) = try store()
        let place = "https://127.0.0.1:\(server.port)/denied"
        let outcome = try kaniko.executor(
            ["-c", "app", "-f", "app/Dockerfile", "-d", "\(registry.host)/app:1", "--digest-file=\(place)?sig=geheim"],
            environment: ["SSL_CERT_FILE": folder.path("ca.crt")])
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("\(place): the answer is 403"), "\(outcome.errors)")
        #expect(!(outcome.output + outcome.errors).contains("geheim"))
        #expect(registry.manifest("app", "1") != nil)
        #expect(try received(folder).count == 1)
    }

    // MARK: - Signals

    /// What is waited for before a build, after it, and without one.
    enum Wait: CaseIterable, Sendable { case check, digest, push, warmer }

    @Test(arguments: Wait.allCases) func `SIGTERM ends it while it waits for others, also as the first process`(
        wait: Wait
    )
        throws
    {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        let registry = TestRegistry()
        let (server, folder) = try store()
        let build = ["executor", "-c", "app", "--state", "state", "-d", "\(registry.host)/app:1"]
        let (method, path, arguments) =
            switch wait {
            case .check: ("POST", "/blobs/uploads/", build + ["-f", "app/Dockerfile"])
            case .digest:
                ("", "", build + ["-f", "app/Dockerfile", "--digest-file=https://127.0.0.1:\(server.port)/hang"])
            case .push: ("PUT", "/manifests/", ["executor", "push", "layout", "-d", "\(registry.host)/app:1"])
            case .warmer: ("GET", "/manifests/", ["warmer", "-i", "\(registry.host)/app:1", "--cache-dir=bases"])
            }
        if wait == .push { try kaniko.build("--no-push", "--oci-layout-path=layout", state: "another") }
        if wait != .digest { registry.inject(.hang, method: method, path: path, times: 1000) }
        // The first process of a container is ended by no signal that it does not look for. One that builds needs /proc.
        let isFirst = wait == .push || wait == .warmer
        let enter = ["unshare", "--pid", "--fork"] + (getuid() == 0 ? [] : ["--map-root-user"])
        let process = try Program.start(
            (isFirst ? enter : []) + [Program.buildAll] + arguments, in: kaniko.workspace.folder,
            environment: ["SSL_CERT_FILE": folder.path("ca.crt")], errors: kaniko.path("errors"))
        for _ in 0..<6000 {
            if try wait == .digest ? !received(folder).isEmpty : registry.count(method, path) > 0 { break }
            usleep(10_000)
        }
        let said = try kaniko.content("errors")
        #expect(wait == .digest || registry.count(method, path) > 0, "\(said)")
        let start = Date.now
        if isFirst {
            let first = try #require(RunningProcess.all().first { $0.parent?.pid == process.pid })
            kill(first.pid, SIGTERM)
        } else {
            process.send(SIGTERM)
        }
        #expect(process.wait() == 143)
        #expect(Date.now.timeIntervalSince(start) < soon)
        if wait == .check || wait == .digest {
            #expect(try kaniko.workspace.run("ls", "-A", "state/tmp").output == "")
        }
    }
}
