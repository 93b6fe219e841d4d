import Foundation
import HTTP
import OCI
import TestSupport
import Testing

@testable import Clouds
@testable import Contexts

/// What `s3://`, `gs://` and Azure's URLs give, from servers that check what is signed.
@Suite(.timeLimit(.minutes(10))) struct ObjectStoreTests {
    private let world: World
    private let store = MemoryStore()
    private let content = (0..<4000).flatMap { _ in (0...255).map { UInt8($0) } }

    init() throws { world = try World() }

    /// Nothing of the machine's own, and no service of a network.
    private func files(_ environment: [String: String]) -> WebFiles {
        var variables = ["HOME": world.folder.path, "AWS_EC2_METADATA_DISABLED": "true"]
        variables["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = "http://127.0.0.1:9"
        variables.merge(environment) { $1 }
        return WebFiles(world.configuration { $0.environment = variables }, store: store)
    }

    private func content(_ file: WebFile) throws -> [UInt8] { try #require(store[file.digest]) }

    // MARK: S3

    private static let oddNames = ["a b+c.tar.gz", "ü/ä=1&2.tgz", "x%20y", "(1)'!*~.tar"]

    private func amazon(_ server: PythonServer) -> [String: String] {
        [
            "S3_ENDPOINT": server.url, "AWS_ACCESS_KEY_ID": server.settings["key"] ?? "",
            "AWS_SECRET_ACCESS_KEY": server.settings["secret"] ?? "", "AWS_REGION": "eu-west-1",
        ]
    }

    @Test(.enabled(if: PythonServer.hasCloudPackages))
    func `an object of S3 is read with the environment's keys, whatever its name`() async throws {
        let server = try CloudServers.amazon(names: Self.oddNames)
        let files = files(amazon(server))
        let file = try await files.download("s3://bucket/dir/ctx.tar.gz", asOurselves: true)
        #expect(try content(file) == content)
        for name in Self.oddNames {
            let text = name.replacing("%", with: "%25")
            let file = try await files.download("s3://bucket/\(text)", asOurselves: true)
            #expect(try content(file) == Array(name.utf8))
        }
    }

    @Test(.enabled(if: PythonServer.hasCloudPackages))
    func `an object of S3 is read as a role that the keys may take`() async throws {
        let server = try CloudServers.amazon()
        let settings = """
            [default]
            region = eu-west-1
            [profile reader]
            role_arn = \(server.settings["role"] ?? "")
            source_profile = keys
            """
        let keys = """
            [keys]
            aws_access_key_id = \(server.settings["key"] ?? "")
            aws_secret_access_key = \(server.settings["secret"] ?? "")
            """
        try settings.write(toFile: world.folder.path("config"), atomically: true, encoding: .utf8)
        try keys.write(toFile: world.folder.path("credentials"), atomically: true, encoding: .utf8)
        let files = files([
            "AWS_ENDPOINT_URL": server.url, "AWS_PROFILE": "reader", "AWS_CONFIG_FILE": world.folder.path("config"),
            "AWS_SHARED_CREDENTIALS_FILE": world.folder.path("credentials"),
        ])
        let file = try await files.download("s3://bucket/dir/ctx.tar.gz", asOurselves: true)
        #expect(try content(file) == content)
    }

    @Test(
        .enabled(if: PythonServer.hasCloudPackages),
        arguments: [
            ("s3://bucket/absent", nil, "NoSuchKey"), ("s3://absent/x", nil, "NoSuchBucket"),
            ("s3://bucket/dir/ctx.tar.gz", "hunter2", "SignatureDoesNotMatch"),
        ] as [(String, String?, String)])
    func `what S3 refuses is told with its own code`(text: String, secret: String?, code: String) async throws {
        let server = try CloudServers.amazon()
        var environment = amazon(server)
        environment["AWS_SECRET_ACCESS_KEY"] = secret ?? environment["AWS_SECRET_ACCESS_KEY"]
        let error = await #expect(throws: ContextsError.self) {
            try await files(environment).download(text, asOurselves: true)
        }
        let shown = "\(try #require(error))"
        #expect(shown.hasPrefix("\(text): HTTP 40"))
        #expect(shown.contains(code))
        #expect(!shown.contains("hunter2") && !shown.contains(server.settings["secret"] ?? "?"))
        #expect(store.count == 0)
    }

    @Test(.enabled(if: PythonServer.hasCloudPackages))
    func `an unchanged object of S3 is not read again`() async throws {
        let server = try CloudServers.amazon()
        let first = try await files(amazon(server)).download("s3://bucket/dir/ctx.tar.gz", asOurselves: true)
        let second = try await files(amazon(server)).download("s3://bucket/dir/ctx.tar.gz", asOurselves: true)
        #expect(first == second)
        #expect(store.arrived == 1)
    }

    @Test func `a dropped object goes on where it broke off, signed anew with the range`() async throws {
        let bytes = noise(400_000)
        let server = WebServer { request, number in
            var reply = WebServer.Reply.file(bytes, to: request, headers: ["ETag": "\"1\""])
            if number == 0 { reply.dropsAfter = 100_000 }
            return reply
        }
        let files = files([
            "S3_ENDPOINT": server.url("/"), "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "hunter2",
            "AWS_SESSION_TOKEN": "session",
        ])
        let file = try await files.download("s3://bucket/key", asOurselves: true)
        #expect(try content(file) == bytes)
        let requests = server.requests
        #expect(requests.map { $0.headers["range"] != nil } == [false, true])
        #expect(requests[1].headers["if-range"] == "\"1\"")
        for request in requests {
            #expect(request.path == "/bucket/key")
            #expect(request.headers["x-amz-security-token"] == "session")
            #expect(request.authorization?.contains("/us-east-1/s3/aws4_request") == true)
        }
        #expect(requests[1].authorization?.contains("host;range;x-amz-content-sha256") == true)
    }

    @Test func `without an identity a public object is asked for anonymously`() async throws {
        let server = WebServer { request, _ in WebServer.Reply("public") }
        _ = try await files(["S3_ENDPOINT": server.url("")]).download("s3://bucket/", asOurselves: true)
        #expect(server.requests.map(\.path) == ["/bucket/context.tar.gz"])
        #expect(server.requests[0].authorization == nil)
    }

    @Test func `who is refused without an identity is told where one was looked for`() async throws {
        let body =
            "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access \u{1b}[2JDenied</Message></Error>"
        let server = WebServer { _, _ in WebServer.Reply(403, body) }
        let error = await #expect(throws: ContextsError.self) {
            try await files(["S3_ENDPOINT": server.url("")]).download("s3://bucket/key", asOurselves: true)
        }
        let home = world.folder.path
        #expect(
            "\(try #require(error))"
                == "s3://bucket/key: HTTP 403: AccessDenied: Access [2JDenied; there are no credentials for it in"
                + " AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE, \(home)/.aws/credentials, \(home)/.aws/config,"
                + " the container's and the machine's metadata service")
    }

    @Test func `a wrong clock is told by how much`() async throws {
        let body = "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message></Error>"
        let server = WebServer { _, _ in
            WebServer.Reply(403, headers: ["Date": "Mon, 12 Jan 1970 14:46:40 GMT"], body)
        }
        let error = await #expect(throws: ContextsError.self) {
            try await files([
                "S3_ENDPOINT": server.url(""), "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
            ]).download("s3://bucket/key", asOurselves: true)
        }
        #expect("\(try #require(error))".hasSuffix("; this machine's clock is 3600 s behind the service's"))
    }

    @Test(arguments: [
        (["S3_FORCE_PATH_STYLE": "true"], "bucket", "s3.localhost", "/bucket/a/b"),
        ([:], "bucket", "bucket.s3.localhost", "/a/b"),
        ([:], "with.dots", "s3.localhost", "/with.dots/a/b"),
    ])
    func `the bucket is in the host's name, or in the path`(
        environment: [String: String], bucket: String, host: String, path: String
    ) async throws {
        let server = WebServer { _, _ in WebServer.Reply("x") }
        let files = files(environment.merging(["S3_ENDPOINT": "http://s3.localhost:\(server.port)"]) { $1 })
        _ = try await files.download("s3://\(bucket)/a/b", asOurselves: true)
        #expect(server.requests.map { $0.headers["host"] } == ["\(host):\(server.port)"])
        #expect(server.requests.map(\.path) == [path])
    }

    // MARK: Google

    @Test(.enabled(if: PythonServer.hasCloudPackages))
    func `an object of Google's store is read from the emulator`() async throws {
        let server = try CloudServers.google(names: Self.oddNames)
        let files = files(["STORAGE_EMULATOR_HOST": "127.0.0.1:\(server.port)"])
        #expect(try content(await files.download("gs://bucket/dir/ctx.tar.gz", asOurselves: true)) == content)
        for text in ["gs://bucket", "gs://bucket/"] {
            #expect(try content(await files.download(text, asOurselves: true)) == Array("context".utf8))
        }
        for name in Self.oddNames {
            let text = name.replacing("%", with: "%25")
            #expect(try content(await files.download("gs://bucket/\(text)", asOurselves: true)) == Array(name.utf8))
        }
        let error = await #expect(throws: ContextsError.self) {
            try await files.download("gs://bucket/absent", asOurselves: true)
        }
        #expect("\(try #require(error))".hasPrefix("gs://bucket/absent: HTTP 404"))
    }

    // MARK: Azure

    private func azure(_ server: PythonServer, _ environment: [String: String]) -> WebFiles {
        let base = ["AZURE_STORAGE_ACCOUNT": "account", "AZURE_STORAGE_SERVICE_ENDPOINT": "\(server.url)/account"]
        return files(base.merging(environment) { $1 })
    }

    @Test(arguments: ["box/dir/ctx.tar.gz", "box/dir/ctx.tar.gz?drop=1", "box/a%20b%2Bc.tar.gz?timeout=5&comp=a%20b"])
    func `a blob is read with the account's key, also in parts`(name: String) async throws {
        let server = try CloudServers.azure()
        let files = azure(server, ["AZURE_STORAGE_ACCESS_KEY": server.settings["key"] ?? ""])
        #expect(try content(await files.download("\(server.url)/account/\(name)", asOurselves: true)) == content)
        let again = try await files.download("\(server.url)/account/\(name)", asOurselves: true)
        #expect(try content(again) == content)
        #expect(store.arrived == 1)
    }

    @Test func `a blob is read with a signature, of the URL or of the environment`() async throws {
        let server = try CloudServers.azure()
        let sas = server.settings["sas"] ?? ""
        let url = "\(server.url)/account/box/dir/ctx.tar.gz"
        #expect(try content(await azure(server, [:]).download("\(url)?\(sas)", asOurselves: true)) == content)
        for token in [sas, "?\(sas)"] {
            let files = azure(server, ["AZURE_STORAGE_SAS_TOKEN": token])
            #expect(try content(await files.download(url, asOurselves: true)) == content)
        }
    }

    @Test func `a public blob needs nobody`() async throws {
        let server = try CloudServers.azure()
        let url = "\(server.url)/account/public/dir/ctx.tar.gz"
        #expect(try content(await azure(server, [:]).download(url, asOurselves: true)) == content)
    }

    @Test(
        arguments: [
            (
                ["AZURE_STORAGE_ACCESS_KEY": "aHVudGVyMg=="], "403: AuthenticationFailed",
                "asked with the key of account account"
            ),
            (
                ["AZURE_STORAGE_SAS_TOKEN": "sp=r&sv=1&sr=b&se=1&sig=hunter2"], "403: AuthenticationFailed",
                "asked with AZURE_STORAGE_SAS_TOKEN"
            ),
            ([:], "404: ResourceNotFound", "there are no credentials for it in AZURE_STORAGE_SAS_TOKEN"),
        ] as [([String: String], String, String)])
    func `what Azure refuses is told with its code, without a signature`(
        environment: [String: String], status: String, hint: String
    ) async throws {
        let server = try CloudServers.azure()
        let url = "\(server.url)/account/box/dir/ctx.tar.gz"
        let error = await #expect(throws: ContextsError.self) {
            try await azure(server, environment).download(url, asOurselves: true)
        }
        let shown = "\(try #require(error))"
        #expect(shown.hasPrefix("\(url): HTTP \(status)"))
        #expect(shown.contains(hint))
        #expect(!shown.contains("hunter2") && !shown.contains("aHVudGVyMg") && !shown.contains("sig="))
    }

    // MARK: Who may ask

    @Test(arguments: ["s3://bucket/key", "gs://bucket/key"])
    func `a text that a Dockerfile may have written is no object`(text: String) async throws {
        await #expect(throws: ContextsError.invalidURL(text)) { try await files([:]).download(text) }
    }

    @Test func `nothing of ours goes to a blob that a Dockerfile names`() async throws {
        let server = WebServer { _, _ in WebServer.Reply("x") }
        let files = files([
            "AZURE_STORAGE_ACCOUNT": "account", "AZURE_STORAGE_SERVICE_ENDPOINT": server.url("/account"),
            "AZURE_STORAGE_SAS_TOKEN": "sig=hunter2",
        ])
        _ = try await files.download(server.url("/account/box/x"))
        #expect(server.requests[0].query.isEmpty)
        #expect(server.requests[0].authorization == nil)
    }

    @Test func `what is kept of an object has nothing secret in it, nor what is logged`() async throws {
        let server = try CloudServers.azure()
        let sas = server.settings["sas"] ?? ""
        let files = azure(server, ["AZURE_STORAGE_SAS_TOKEN": sas])
        _ = try await files.download("\(server.url)/account/box/dir/ctx.tar.gz", asOurselves: true)
        let signature = try #require(sas.firstRange(of: "sig=")).upperBound
        #expect(Shell("grep -rlF -- '\(sas[signature...])' '\(world.folder.path)'").output.isEmpty)
    }
}
