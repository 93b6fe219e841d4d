import HTTP
import TestSupport
import Testing

@testable import Registry

@Suite(.timeLimit(.minutes(10))) struct CloudCredentialTests {
    private static let registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"

    @Test func `a cloud is asked once for all repositories of a registry, until one refuses`() async throws {
        let server = WebServer { _, number in
            let passwords = ["QVdTOm9uZQ==", "QVdTOnR3bw=="]
            return WebServer.Reply(
                #"{"authorizationData":[{"authorizationToken":"\#(passwords[number])","expiresAt":4070908800}]}"#)
        }
        let chain = CredentialChain(environment: [
            "AWS_ENDPOINT_URL_ECR": server.url(""), "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK",
            "HOME": "/nonexistent",
        ])
        func found(_ repository: String) async throws -> Credentials? {
            try await chain.credentials(registry: Self.registry, repository: repository)
        }
        let (one, two) = (
            Credentials.basic(user: "AWS", password: Secret("one")),
            Credentials.basic(user: "AWS", password: Secret("two"))
        )
        async let first = found("a")
        async let second = found("b")
        #expect(try await [first, second] == [one, one])
        #expect(server.requests.count == 1)
        chain.forget(one, registry: Self.registry, repository: "a")
        #expect(try await found("a") == two)
        chain.forget(one, registry: Self.registry, repository: "b")
        #expect(try await found("b") == two)
        #expect(server.requests.count == 2)
    }
}
