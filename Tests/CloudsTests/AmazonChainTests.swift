import HTTP
import TestSupport
import Testing

@testable import Clouds

@Suite(.timeLimit(.minutes(10))) struct AmazonChainTests {
    private let world: CloudWorld

    init() throws { world = try CloudWorld() }

    private func identity(_ environment: [String: String]) async throws -> AmazonIdentity? {
        try await AmazonChain(world.configuration(environment)).identity()
    }

    private static let keys =
        #"{"Version":1,"AccessKeyId":"AK","SecretAccessKey":"SK","Token":"T","Expiration":"2099-01-01T00:00:00Z"}"#
    private static let expected = AmazonIdentity(
        accessKey: "AK", secretKey: Secret("SK"), sessionToken: Secret("T"), expires: 4_070_908_800)

    @Test func `without anything there is none`() async throws { #expect(try await identity([:]) == nil) }

    @Test func `the environment's keys come first`() async throws {
        _ = try world.write("[default]\naws_access_key_id=F\naws_secret_access_key=G", to: ".aws/credentials")
        let found = try await identity([
            "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK", "AWS_SESSION_TOKEN": "T",
        ])
        #expect(found == AmazonIdentity(accessKey: "AK", secretKey: Secret("SK"), sessionToken: Secret("T")))
    }

    @Test func `half a pair of keys is an error`() async throws {
        let error = CloudError.setting(
            name: "AWS_ACCESS_KEY_ID", reason: "AWS_SECRET_ACCESS_KEY is not set beside it")
        await #expect(throws: error) { try await identity(["AWS_ACCESS_KEY_ID": "AK"]) }
    }

    @Test(arguments: [
        ("default", "D"), ("team", "C"), ("only config", "O"), ("both", "C2"),
    ])
    func `a profile's keys are found in either file`(profile: String, key: String) async throws {
        let credentials = """
            # a comment
            [default]
            aws_access_key_id = D
            aws_secret_access_key = s=/+
            [team]
            aws_access_key_id=C
            aws_secret_access_key=s=/+
            [both]
            aws_access_key_id=C2
            aws_secret_access_key=s=/+
            """
        let config = """
            [profile only config]
            s3 =
              aws_access_key_id = nested
            aws_access_key_id = O
            aws_secret_access_key = s=/+
            ; a comment
            [profile both]
            aws_access_key_id = X
            aws_secret_access_key = Y
            """
        _ = try world.write(credentials, to: ".aws/credentials")
        _ = try world.write(config, to: ".aws/config")
        let found = try await identity(["AWS_PROFILE": profile])
        #expect(found == AmazonIdentity(accessKey: key, secretKey: Secret("s=/+")))
    }

    @Test func `a profile that is not there is an error`() async throws {
        let home = world.folder.path
        let error = CloudError.setting(
            name: "AWS_PROFILE", reason: "\(home)/.aws/credentials and \(home)/.aws/config have no profile \"x\"")
        await #expect(throws: error) { try await identity(["AWS_PROFILE": "x"]) }
    }

    @Test func `a program may say who we are`() async throws {
        let script = world.folder.addProgram("keys of us", "echo '\(Self.keys)'")
        _ = try world.write("[default]\ncredential_process = \"\(script)\" --quick", to: ".aws/config")
        #expect(try await identity([:]) == Self.expected)
    }

    @Test(arguments: [
        ("false", "false ended with 1"), ("echo hunter2", "what echo wrote is not understood"),
        ("/absent/x", "/absent/x cannot be started: No such file or directory"),
    ])
    func `a program that fails is told without what it wrote`(command: String, reason: String) async throws {
        _ = try world.write("[default]\ncredential_process = \(command)", to: ".aws/config")
        let error = CloudError.program(name: "credential_process of profile default", reason: reason)
        await #expect(throws: error) { try await identity([:]) }
    }

    @Test func `a role whose source leads back to it is an error`() async throws {
        let text = "[profile a]\nrole_arn=r\nsource_profile=b\n[profile b]\nrole_arn=r\nsource_profile=a"
        _ = try world.write(text, to: ".aws/config")
        await #expect(throws: CloudError.self) { try await identity(["AWS_PROFILE": "a"]) }
    }

    @Test func `a web identity's token is exchanged, without another secret`() async throws {
        let server = WebServer { _, _ in
            WebServer.Reply(
                """
                <AssumeRoleWithWebIdentityResponse><Credentials><SessionToken>T</SessionToken>
                <SecretAccessKey>SK</SecretAccessKey><Expiration>2099-01-01T00:00:00Z</Expiration>
                <AccessKeyId>AK</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResponse>
                """)
        }
        let file = try world.write("the.web.token\n", to: "token")
        let environment = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": file, "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
            "AWS_ENDPOINT_URL_STS": server.url(""),
        ]
        #expect(try await identity(environment) == Self.expected)
        #expect(server.requests.map(\.method) == ["POST"])
        #expect(server.requests[0].authorization == nil)
    }

    @Test func `a container's service is asked with its token`() async throws {
        let server = WebServer { _, _ in WebServer.Reply(Self.keys) }
        let file = try world.write("file token\n", to: "token")
        let url = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url("/creds?x=1")]
        #expect(
            try await identity(url.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "plain"]) { $1 }) == Self.expected)
        #expect(
            try await identity(url.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file]) { $1 }) == Self.expected)
        #expect(server.requests.map(\.authorization) == ["plain", "file token"])
    }

    @Test func `a container's token goes nowhere else`() async throws {
        let error = CloudError.setting(
            name: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            reason: "http://creds.example/x is neither encrypted nor of this machine")
        await #expect(throws: error) {
            try await identity(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://creds.example/x"])
        }
    }

    @Test func `a machine's role is asked for by the second version of its service`() async throws {
        let server = WebServer { request, _ in
            switch (request.method, request.path) {
            case ("PUT", "/latest/api/token"): WebServer.Reply("session")
            case _ where request.headers["x-aws-ec2-metadata-token"] != "session": WebServer.Reply(401)
            case ("GET", "/latest/meta-data/iam/security-credentials/"): WebServer.Reply("my-role\n")
            case ("GET", "/latest/meta-data/iam/security-credentials/my-role"): WebServer.Reply(Self.keys)
            default: WebServer.Reply(404)
            }
        }
        let environment = [
            "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url("/"),
        ]
        let chain = AmazonChain(world.configuration(environment))
        #expect(try await chain.identity() == Self.expected)
        #expect(try await chain.identity() == Self.expected)
        #expect(server.requests.count == 3)
    }

    @Test func `a machine without a role, and one without the service, have none`() async throws {
        let server = WebServer { _, _ in WebServer.Reply(404) }
        for url in [server.url(""), "http://127.0.0.1:9"] {
            let environment = ["AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": url]
            #expect(try await identity(environment) == nil)
        }
    }

    @Test func `a service that does not answer is waited for only briefly`() async throws {
        let server = WebServer { _, _ in
            var reply = WebServer.Reply("x")
            reply.stallsAfter = 0
            return reply
        }
        var configuration = world.configuration([
            "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url(""),
        ])
        configuration.probeTimeout = .milliseconds(50)
        #expect(try await AmazonChain(configuration).identity() == nil)
    }

    // MARK: ECR

    @Test(arguments: [
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com", true), ("public.ecr.aws", true),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", true),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", true),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com.cn", false),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.example", false),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.example", false), ("x.dkr.ecr.us-east-1.amazonaws.com", false),
        ("evil.public.ecr.aws", false), ("docker.io", false),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com:443", false),
    ])
    func `Amazon's registries are known, and those that only look like them`(registry: String, isOne: Bool) {
        #expect((ElasticRegistry(registry: registry) != nil) == isOne)
    }

    @Test(.enabled(if: PythonServer.hasCloudPackages))
    func `a login to ECR is signed with the chain's identity`() async throws {
        let server = try CloudServers.amazon()
        let registry = try #require(ElasticRegistry(registry: "123456789012.dkr.ecr.us-east-1.amazonaws.com"))
        var environment = [
            "AWS_ENDPOINT_URL_ECR": server.url, "AWS_ACCESS_KEY_ID": server.settings["key"] ?? "",
            "AWS_SECRET_ACCESS_KEY": server.settings["secret"] ?? "",
        ]
        let login = try await registry.login(AmazonChain(world.configuration(environment)))
        #expect(login?.user == "AWS")
        #expect(login?.password.revealed.isEmpty == false)
        #expect(login?.expires != nil)
        environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
        await #expect {
            _ = try await registry.login(AmazonChain(world.configuration(environment)))
        } throws: { error in
            guard case CloudError.service(_, _, let status, _, _) = error else { return false }
            return (400..<500).contains(status)
        }
    }

    @Test func `the public registry has a service of its own`() async throws {
        let server = WebServer { _, _ in
            WebServer.Reply(#"{"authorizationData":{"authorizationToken":"QVdTOnB3","expiresAt":4070908800.5}}"#)
        }
        let registry = try #require(ElasticRegistry(registry: "public.ecr.aws"))
        let environment = [
            "AWS_ENDPOINT_URL_ECR_PUBLIC": server.url(""), "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK",
        ]
        let login = try await registry.login(AmazonChain(world.configuration(environment)))
        #expect(login == .init(user: "AWS", password: Secret("pw"), expires: 4_070_908_800.5))
        #expect(server.requests[0].headers["x-amz-target"] == "SpencerFrontendService.GetAuthorizationToken")
        #expect(server.requests[0].authorization?.contains("/us-east-1/ecr-public/aws4_request") == true)
    }
}
