import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@testable import Clouds

@Suite(.timeLimit(.minutes(10))) struct GoogleTests {
    private let world: CloudWorld

    init() throws { world = try CloudWorld() }

    private static let answer = #"{"access_token":"ya29","expires_in":3599,"token_type":"Bearer"}"#

    /// A key that openssl made, and its public half in a file.
    private func key() throws -> String {
        let path = world.folder.path("key.pem")
        try Tool.run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path)
            .checked()
        try Tool.run("openssl", "pkey", "-in", path, "-pubout", "-out", world.folder.path("public.pem")).checked()
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    private func file(_ fields: [String: String]) throws -> String {
        try world.write(String(decoding: JSONEncoder().encode(fields), as: UTF8.self), to: "google.json")
    }

    @Test func `a service account's token is had for an assertion that its key signs`() async throws {
        let key = try key()
        let account = GoogleCredentialFile(
            type: "service_account", email: "build@example.iam", key: key, keyID: "k\"1",
            tokenURI: "https://oauth2.example/token")
        let form = try account.form("f", "a-scope", now: 1000)
        #expect(form[0].value == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        let parts = form[1].value.split(separator: ".").map(String.init)
        func decoded(_ text: String) throws -> Data {
            let padded = text.replacing("-", with: "+").replacing("_", with: "/")
            return try #require(Data(base64Encoded: padded + String(repeating: "=", count: (4 - padded.count % 4) % 4)))
        }
        let claims = try #require(JSONSerialization.jsonObject(with: decoded(parts[1])) as? [String: any Sendable])
        #expect(claims["iss"] as? String == "build@example.iam")
        #expect(claims["aud"] as? String == "https://oauth2.example/token")
        #expect(claims["scope"] as? String == "a-scope")
        #expect(claims["exp"] as? Int == 4600)
        let header = try #require(JSONSerialization.jsonObject(with: decoded(parts[0])) as? [String: String])
        #expect(header == ["alg": "RS256", "typ": "JWT", "kid": "k\"1"])
        // openssl finds the signature right.
        try decoded(parts[2]).write(to: URL(fileURLWithPath: world.folder.path("signature")))
        let text = try world.write("\(parts[0]).\(parts[1])", to: "text")
        let result = try Tool.run(
            "openssl", "dgst", "-sha256", "-verify", world.folder.path("public.pem"), "-signature",
            world.folder.path("signature"), text)
        #expect(result.output == "Verified OK\n")
    }

    @Test func `tokens are kept for their scope until they end`() async throws {
        let server = WebServer { _, _ in WebServer.Reply(Self.answer) }
        let path = try file([
            "type": "service_account", "client_email": "e", "private_key": try key(), "token_uri": server.url("/t"),
        ])
        let chain = GoogleChain(world.configuration(["GOOGLE_APPLICATION_CREDENTIALS": path]))
        for _ in 0..<2 { #expect(try await chain.token(scope: "a")?.revealed == "ya29") }
        #expect(try await chain.registryToken()?.text.revealed == "ya29")
        #expect(server.requests.count == 2)
        chain.forget(Secret("ya29"))
        _ = try await chain.token(scope: "a")
        #expect(server.requests.count == 3)
    }

    @Test func `a user's file is found where gcloud leaves it`() async throws {
        let server = WebServer { _, _ in WebServer.Reply(Self.answer) }
        let fields = [
            "type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r",
            "token_uri": server.url("/t"),
        ]
        _ = try world.write(
            String(decoding: JSONEncoder().encode(fields), as: UTF8.self),
            to: ".config/gcloud/application_default_credentials.json")
        #expect(try await GoogleChain(world.configuration([:])).token(scope: "a")?.revealed == "ya29")
    }

    @Test(arguments: [
        (
            ["type": "gdch_service_account"],
            "credentials of type \"gdch_service_account\" are not supported; service_account, authorized_user and external_account are"
        ),
        (
            ["type": "service_account", "client_email": "e", "private_key": "hunter2"],
            "its private_key is no RSA key in PEM form"
        ),
        (["type": "service_account"], "client_email or private_key is missing"),
        (["type": "service_account", "token_uri": "http://tokens.example/"], "its token_uri is no https URL"),
        (["kind": "hunter2"], "it is no file of credentials as Google writes them"),
    ])
    func `a file that gives no token is told without what is in it`(fields: [String: String], reason: String)
        async throws
    {
        let path = try file(fields)
        await #expect(throws: CloudError.file(path: path, reason: reason)) {
            try await GoogleChain(world.configuration(["GOOGLE_APPLICATION_CREDENTIALS": path])).token(scope: "a")
        }
    }

    @Test(arguments: [false, true])
    func `a workload's token is exchanged, and a service account's had for it`(isURL: Bool) async throws {
        let server = WebServer { request, _ in
            switch request.path {
            case "/subject":
                WebServer.Reply(request.headers["authorization"] == "bearer j" ? #"{"n":1,"value":"s"}"# : "")
            case "/sts": WebServer.Reply(#"{"access_token":"sts","expires_in":3600}"#)
            case _ where request.authorization == "Bearer sts":
                WebServer.Reply(#"{"accessToken":"ya29","expireTime":"2099-01-01T00:00:00Z"}"#)
            default: WebServer.Reply(403)
            }
        }
        let token = try world.write("s\n", to: "subject")
        let service =
            #"{"url":"\#(server.url("/subject"))","headers":{"Authorization":"bearer j"},"#
            + #""format":{"type":"json","subject_token_field_name":"value"}}"#
        let source = isURL ? service : #"{"file":"\#(token)"}"#
        let path = try world.write(
            #"{"type":"external_account","audience":"a","subject_token_type":"jwt","token_url":"\#(server.url("/sts"))","#
                + #""service_account_impersonation_url":"\#(server.url("/sa:make"))","credential_source":\#(source)}"#,
            to: "workload.json")
        let chain = GoogleChain(world.configuration(["GOOGLE_APPLICATION_CREDENTIALS": path]))
        for _ in 0..<2 { #expect(try await chain.token(scope: "a")?.revealed == "ya29") }
        #expect(server.requests.map(\.path) == (isURL ? ["/subject"] : []) + ["/sts", "/sa:make"])
    }

    @Test func `a file that is not there is named with its variable`() async throws {
        let error = CloudError.file(
            path: "/absent.json", reason: "GOOGLE_APPLICATION_CREDENTIALS names it, and it is not there")
        await #expect(throws: error) {
            try await GoogleChain(world.configuration(["GOOGLE_APPLICATION_CREDENTIALS": "/absent.json"])).token(
                scope: "a")
        }
    }

    @Test func `a machine of Google's is asked, with the field that shows that we mean it`() async throws {
        let server = WebServer { _, _ in WebServer.Reply(Self.answer) }
        let chain = GoogleChain(world.configuration(["GCE_METADATA_HOST": "127.0.0.1:\(server.port)"]))
        #expect(try await chain.token(scope: "a")?.revealed == "ya29")
        #expect(server.requests.map(\.path) == ["/computeMetadata/v1/instance/service-accounts/default/token"])
        #expect(server.requests[0].headers["metadata-flavor"] == "Google")
    }

    @Test func `a machine's service that is only starting is asked again`() async throws {
        let server = WebServer { _, number in number == 0 ? WebServer.Reply(503) : WebServer.Reply(Self.answer) }
        var configuration = world.configuration(["GCE_METADATA_HOST": "127.0.0.1:\(server.port)"])
        configuration.retry = RetryPolicy(attempts: 2, firstDelay: .milliseconds(1))
        #expect(try await GoogleChain(configuration).token(scope: "a")?.revealed == "ya29")
        #expect(server.requests.count == 2)
    }

    @Test func `elsewhere nobody is asked`() async throws {
        _ = try world.write("Standard PC\n", to: "product_name")
        #expect(try await GoogleChain(world.configuration([:])).token(scope: "a") == nil)
    }

    @Test(arguments: [
        ("gcr.io", true), ("eu.gcr.io", true), ("europe-west1-docker.pkg.dev", true), ("gcr.io.evil.example", false),
        ("evilgcr.io", false), ("a.b.gcr.io", false), ("docker.pkg.dev.evil", false), ("europe.pkg.dev", false),
        ("evil-docker.pkg.dev.example", false), (".gcr.io", false), ("eu.gcr.io:443", false),
    ])
    func `Google's registries are known, and those that only look like them`(registry: String, isOne: Bool) {
        #expect(GoogleRegistry.isOne(registry) == isOne)
    }
}

@Suite(.timeLimit(.minutes(10))) struct AzureTests {
    private let world: CloudWorld

    init() throws { world = try CloudWorld() }

    private static let client = ["AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"]
    private static let answer = #"{"token_type":"Bearer","expires_in":3599,"access_token":"aad"}"#

    @Test func `a client's secret, or its federated token, gives a token of the directory`() async throws {
        let server = WebServer { _, _ in WebServer.Reply(Self.answer) }
        let file = try world.write("jwt\n", to: "token")
        for proof in [["AZURE_CLIENT_SECRET": "s"], ["AZURE_FEDERATED_TOKEN_FILE": file]] {
            var environment = Self.client.merging(proof) { $1 }
            environment["AZURE_AUTHORITY_HOST"] = server.url("/")
            let directory = AzureDirectory(world.configuration(environment))
            for _ in 0..<2 { #expect(try await directory.token(resource: "https://r")?.revealed == "aad") }
        }
        #expect(server.requests.map(\.path) == ["/t/oauth2/v2.0/token", "/t/oauth2/v2.0/token"])
    }

    @Test func `a directory that is not encrypted gets nothing`() async throws {
        let environment = Self.client.merging([
            "AZURE_CLIENT_SECRET": "s", "AZURE_AUTHORITY_HOST": "http://login.example",
        ]) { $1 }
        await #expect(throws: CloudError.setting(name: "AZURE_AUTHORITY_HOST", reason: "it is no https URL")) {
            try await AzureDirectory(world.configuration(environment)).token(resource: "https://r")
        }
    }

    @Test func `what the directory says is told without the secret`() async throws {
        let server = WebServer { _, _ in
            WebServer.Reply(
                401, #"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret.\r\nTrace"}"#
            )
        }
        let environment = Self.client.merging([
            "AZURE_CLIENT_SECRET": "hunter2", "AZURE_AUTHORITY_HOST": server.url(""),
        ]) { $1 }
        let error = CloudError.service(
            doing: "token of Azure's directory", url: server.url("/t/oauth2/v2.0/token"), status: 401,
            code: "invalid_client", message: "AADSTS7000215: Invalid client secret.")
        await #expect(throws: error) {
            try await AzureDirectory(world.configuration(environment)).token(resource: "https://r")
        }
    }

    @Test func `a managed identity is asked for at the machine's service, or the application's`() async throws {
        let server = WebServer { request, _ in
            let isMeant = request.headers["metadata"] == "true" || request.headers["x-identity-header"] == "h"
            return isMeant ? WebServer.Reply(#"{"access_token":"managed","expires_in":"3599"}"#) : WebServer.Reply(400)
        }
        for environment in [
            ["AZURE_POD_IDENTITY_AUTHORITY_HOST": server.url("/")],
            ["IDENTITY_ENDPOINT": server.url("/msi"), "IDENTITY_HEADER": "h", "AZURE_CLIENT_ID": "mine"],
        ] {
            let directory = AzureDirectory(world.configuration(environment))
            #expect(try await directory.token(resource: "https://r")?.revealed == "managed")
        }
        #expect(server.requests.map(\.path) == ["/metadata/identity/oauth2/token", "/msi"])
        #expect(server.requests[1].query.contains { $0 == ("client_id", "mine") })
    }

    @Test func `elsewhere nobody is asked`() async throws {
        #expect(try await AzureDirectory(world.configuration([:])).token(resource: "https://r") == nil)
    }

    @Test(arguments: [
        ("team.azurecr.io", true), ("team-abc.azurecr.cn", true), ("team.azurecr.us", true),
        ("team.azurecr.io.evil.example", false), ("azurecr.io", false), ("teamazurecr.io", false),
        ("a.b.azurecr.io", false), ("team.azurecr.io:443", false), ("team.azurecr.de", false), (".azurecr.io", false),
        ("evil.example/team.azurecr.io", false), ("team.azurecr.i0", false),
    ])
    func `Azure's registries are known, and those that only look like them`(registry: String, isOne: Bool) {
        #expect((AzureRegistry(registry: registry) != nil) == isOne)
    }

    @Test func `the directory's token is exchanged for one of the registry's own`() async throws {
        let server = WebServer { request, _ in
            request.path == "/oauth2/exchange"
                ? WebServer.Reply(#"{"refresh_token":"acr"}"#) : WebServer.Reply(Self.answer)
        }
        let environment = Self.client.merging([
            "AZURE_CLIENT_SECRET": "s", "AZURE_AUTHORITY_HOST": server.url(""),
        ]) { $1 }
        let registry = try #require(AzureRegistry(registry: "team.azurecr.io", origin: server.url("")))
        let token = try await registry.refreshToken(AzureDirectory(world.configuration(environment)))
        #expect(token?.text.revealed == "acr")
        #expect(server.requests.map(\.path) == ["/t/oauth2/v2.0/token", "/oauth2/exchange"])
    }
}

@Suite struct ObjectNameTests {
    @Test(
        arguments: [
            ("s3://bucket/a/b.tgz", "bucket", "a/b.tgz", nil), ("S3://bucket/a%20b", "bucket", "a b", nil),
            ("s3://bucket/a b#c", "bucket", "a b#c", nil), ("s3://bucket", "bucket", "context.tar.gz", nil),
            ("s3://bucket/", "bucket", "context.tar.gz", nil), ("s3://bucket/k?versionId=v%2F1", "bucket", "k", "v/1"),
            ("s3://my.bucket-1/k", "my.bucket-1", "k", nil),
        ] as [(String, String, String, String?)])
    func `bucket and key are as kaniko writes them`(text: String, bucket: String, key: String, version: String?) throws
    {
        let name = try ObjectName(text, scheme: "s3")
        #expect(name?.bucket == bucket)
        #expect(name?.key == key)
        #expect(name?.version == version)
    }

    @Test(arguments: [
        ("s3:///key", "names no bucket"), ("s3://a@b/key", "names no bucket"), ("s3://bu:80/key", "names no bucket"),
        ("s3://b..c/key", "names no bucket"), ("s3://bucket/a/../b", "has a key that cannot be asked for"),
        ("s3://bucket/a%0ab", "has a key that cannot be asked for"), ("s3://bucket/%ff", "has a key that is not UTF-8"),
    ])
    func `what names no object is an error`(text: String, reason: String) {
        #expect(throws: CloudError.invalidObject(text, reason: reason)) { try ObjectName(text, scheme: "s3") }
    }

    @Test func `an error shows no query`() {
        #expect(
            throws: CloudError.invalidObject(
                "s3://bucket/k", reason: "has a query; only \"versionId\" can stand in one")
        ) { try ObjectName("s3://bucket/k?X-Amz-Signature=hunter2", scheme: "s3") }
    }

    @Test(arguments: [
        ("https://account.blob.core.windows.net/box/a/b.tgz", true),
        ("https://account.blob.core.chinacloudapi.cn/c/b", true),
        ("https://account.blob.core.cloudapi.de/c/b", true), ("https://account.blob.core.usgovcloudapi.net/c/b", true),
        ("https://account.z12.blob.core.windows.net/c/b", true),
        ("https://account.blob.core.windows.net.evil.example/c/b", false),
        ("https://account.blob.core.evil.net/c/b", false), ("https://evilblob.core.windows.net/c/b", false),
        ("http://account.blob.core.windows.net/c/b", false), ("https://account.blob.core.windows.net:8443/c/b", false),
        ("https://u:p@account.blob.core.windows.net/c/b", false), ("https://example.com/c/b", false),
    ])
    func `a blob's URL is known, and what only looks like one`(text: String, isOne: Bool) throws {
        #expect((try CloudFiles(CloudConfiguration(environment: [:])).object(text) != nil) == isOne)
    }

    @Test func `the environment's signature goes to no other account`() async throws {
        let directory = AzureDirectory(
            CloudConfiguration(environment: ["AZURE_STORAGE_ACCOUNT": "mine", "AZURE_STORAGE_SAS_TOKEN": "sig=hunter2"])
        )
        let other = try AzureBlob("https://other.blob.core.windows.net/c/b", directory)
        let mine = try AzureBlob("https://mine.blob.core.windows.net/c/b", directory)
        #expect(try await other?.request(headers: []).url.text == "https://other.blob.core.windows.net/c/b")
        #expect(try await mine?.request(headers: []).url.text == "https://mine.blob.core.windows.net/c/b?sig=hunter2")
    }
}
