import Testing

@testable import HTTP

/// Addresses of the machine's own network, which a Dockerfile is not to reach.
@Suite struct LinkLocalTests {
    private func session() -> HTTPSession { HTTPSession(HTTPConfiguration()) }

    // Written so, they are names for us and addresses for the resolver.
    @Test(arguments: [
        "http://169.254.169.254/", "http://169.254.169.254./", "http://metadata.google.internal/a",
        "http://[fe80::1]/", "http://[::ffff:169.254.1.1]/", "http://[fd00:ec2::254]/",
        "http://2852039166/latest", "http://0xa9fea9fe/", "http://169.16689662/", "http://0251.0376.0251.0376/",
    ])
    func `however it is written it is not asked`(text: String) async throws {
        var request = HTTPRequest(url: try #require(HTTPURL(text)))
        request.allowsLinkLocal = false
        await #expect(throws: HTTPError.linkLocal(url: request.url.description)) {
            try await session().perform(request)
        }
    }

    @Test(arguments: ["http://127.0.0.1:1/", "http://[::1]:1/", "http://2130706433:1/"])
    func `others are`(text: String) async throws {
        var request = HTTPRequest(url: try #require(HTTPURL(text)))
        request.allowsLinkLocal = false
        await #expect {
            try await session().perform(request)
        } throws: { error in
            guard case HTTPError.network(_, .connection, _) = error else { return false }
            return true
        }
    }
}
