import HTTP
import OCI
import Synchronization
import TestSupport
import Testing

@testable import Registry

@Suite struct AuthorizationTests {
    private let amd64 = Platform(os: "linux", architecture: "amd64")
    private let user = Credentials.basic(user: "u", password: Secret("p"))

    private func image(in registry: TestRegistry) throws -> (ImageReference, TestImage) {
        let image = try TestImage(layers: [noise(1000), noise(2000, seed: 2)])
        for blob in image.blobs { registry.addBlob([UInt8](try read(blob.path)), to: "app") }
        registry.addManifest(image.manifest, mediaType: MediaType.imageManifest.rawValue, to: "app", tag: "v1")
        return (try ImageReference("\(registry.host)/app:v1"), image)
    }

    @Test func `Basic credentials are sent once they are asked for`() async throws {
        let registry = TestRegistry(access: .basic(user: "u", password: "p"))
        let (reference, _) = try image(in: registry)
        let client = RegistryClient.forTests(user)
        _ = try await client.resolve(reference, platform: amd64)
        _ = try await client.resolve(reference, platform: amd64)
        #expect(registry.requests.map { $0.authorization != nil } == [false, true, true])
    }

    @Test(arguments: [Credentials?.none, .basic(user: "u", password: Secret("wrong"))])
    func `a refusal says whether there were credentials`(credentials: Credentials?) async throws {
        let registry = TestRegistry(access: .basic(user: "u", password: "p"))
        let (reference, _) = try image(in: registry)
        let error = RegistryError.unauthorized(
            operation: "pull of \(reference)", url: "http://\(registry.host)/v2/app/manifests/v1",
            errors: [.init(code: "UNAUTHORIZED", message: "the test registry says so")],
            hadCredentials: credentials != nil, searched: credentials == nil ? [] : ["/test/config.json"])
        await #expect(throws: error) {
            try await RegistryClient.forTests(credentials).resolve(reference, platform: amd64)
        }
        #expect(registry.requests.count == (credentials == nil ? 1 : 2))
    }

    @Test(
        arguments: [
            (nil, nil), ("u", Credentials.basic(user: "u", password: Secret("p"))),
            ("u", .identityToken(Secret("refresh-u"))),
        ] as [(String?, Credentials?)])
    func `a token is fetched from the server that the challenge names`(
        name: String?, credentials: Credentials?
    ) async throws {
        let registry = TestRegistry(access: .bearer(user: name, password: name == nil ? nil : "p"))
        let (reference, image) = try image(in: registry)
        let client = RegistryClient.forTests(credentials)
        let resolved = try await client.resolve(reference, platform: amd64)
        #expect(resolved.bytes == image.manifest)
        _ = try await client.bytes(of: resolved.manifest.config, from: reference)
        let tokenRequests = registry.requests.filter { $0.path == "/token" }
        #expect(tokenRequests.count == 1)
        if tokenRequests.first?.method == "GET" {
            #expect(tokenRequests.first?.item("scope") == "repository:app:pull")
            #expect(tokenRequests.first?.item("service") == "test")
        }
    }

    @Test func `an identity token follows no redirect`() async throws {
        let registry = TestRegistry(access: .bearer(user: "u", password: "p"))
        let other = TestRegistry()
        let (reference, _) = try image(in: registry)
        registry.inject(.redirect(to: "http://\(other.host)/token"), method: "POST", path: "/token")
        await #expect(throws: RegistryError.self) {
            try await RegistryClient.forTests(.identityToken(Secret("refresh-u"))).resolve(reference, platform: amd64)
        }
        #expect(registry.count("POST", "/token") == 1)
        #expect(other.requests.isEmpty)
    }

    @Test func `a token is fetched once however many want it`() async throws {
        let registry = TestRegistry(access: .bearer())
        let (reference, image) = try image(in: registry)
        let client = RegistryClient.forTests()
        _ = try await client.resolve(reference, platform: amd64)
        registry.expireTokens()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for blob in image.blobs {
                group.addTask { _ = try await client.bytes(of: blob.descriptor, from: reference) }
            }
            try await group.waitForAll()
        }
        let count = registry.count("GET", "/token")
        #expect(count >= 2 && count <= 1 + image.blobs.count)
    }

    @Test func `a token that the server no longer takes is renewed once`() async throws {
        let registry = TestRegistry(access: .bearer())
        let (reference, _) = try image(in: registry)
        let client = RegistryClient.forTests()
        _ = try await client.resolve(reference, platform: amd64)
        registry.expireTokens()
        _ = try await client.resolve(reference, platform: amd64)
        #expect(registry.count("GET", "/token") == 2)
    }

    @Test func `a token that is about to end is renewed before it is used`() async throws {
        let registry = TestRegistry(access: .bearer())
        let (reference, _) = try image(in: registry)
        let clock = RecordingClock()
        let client = RegistryClient.forTests(clock: clock)
        _ = try await client.resolve(reference, platform: amd64)
        clock.advance(by: 280)
        _ = try await client.resolve(reference, platform: amd64)
        #expect(registry.count("GET", "/token") == 1)
        clock.advance(by: 15)
        registry.forgetRequests()
        _ = try await client.resolve(reference, platform: amd64)
        #expect(registry.requests.map(\.path) == ["/token", "/v2/app/manifests/v1"])
    }

    @Test func `wrong credentials for a token are refused by name`() async throws {
        let registry = TestRegistry(access: .bearer(user: "u", password: "other"))
        let (reference, _) = try image(in: registry)
        let error = RegistryError.unauthorized(
            operation: "authorization for \(registry.host)", url: "http://\(registry.host)/token",
            errors: [.init(code: "UNAUTHORIZED", message: "the test registry says so")], hadCredentials: true,
            searched: ["/test/config.json"])
        await #expect(throws: error) { try await RegistryClient.forTests(user).resolve(reference, platform: amd64) }
    }

    @Test func `credentials go to no token server in clear on another host`() async throws {
        let registry = TestRegistry()
        let (reference, _) = try image(in: registry)
        registry.inject(
            .status(401, headers: ["WWW-Authenticate": "Bearer realm=\"http://auth.example.com/token?x=y\""]),
            path: "/manifests/")
        await #expect(
            throws: RegistryError.insecureTokenServer(registry: registry.host, realm: "http://auth.example.com/token")
        ) { try await RegistryClient.forTests(user).resolve(reference, platform: amd64) }
    }

    /// Has credentials and cannot give them.
    private final class Broken: CredentialSource {
        let calls = Mutex(0)
        static let error = RegistryError.identity(registry: "r", reason: "the metadata server is away")

        func searched(for registry: String) -> [String] { [] }
        func credentials(registry: String, repository: String) throws -> Credentials? {
            calls.withLock { $0 += 1 }
            throw Self.error
        }
    }

    private func client(_ source: Broken, _ clock: RecordingClock = RecordingClock()) -> RegistryClient {
        var configuration = RegistryConfiguration(credentials: source)
        configuration.clock = clock
        return RegistryClient(configuration: configuration)
    }

    @Test func `what everyone may pull needs no credentials, also where there should be some`() async throws {
        let registry = TestRegistry(access: .bearer())
        let (reference, image) = try image(in: registry)
        let (source, clock) = (Broken(), RecordingClock())
        let client = client(source, clock)
        for _ in 0..<2 { _ = try await client.resolve(reference, platform: amd64) }
        #expect(source.calls.withLock { $0 } == 1)
        clock.advance(by: 61)
        _ = try await client.resolve(reference, platform: amd64)
        #expect(source.calls.withLock { $0 } == 2)
        await #expect(throws: Broken.error) { try await image.push(to: reference, with: client) }
    }

    @Test(arguments: [
        TestRegistry.Access.bearer(user: "u", password: "p"), .basic(user: "u", password: "p"),
    ])
    func `where it is refused without credentials, the error is why there are none`(
        access: TestRegistry.Access
    ) async throws {
        let registry = TestRegistry(access: access)
        let (reference, _) = try image(in: registry)
        await #expect(throws: Broken.error) { try await client(Broken()).resolve(reference, platform: amd64) }
    }

    @Test(arguments: [401, 403])
    func `nor is a token that everyone gets believed to be enough`(status: Int) async throws {
        let registry = TestRegistry(access: .bearer())
        let (reference, _) = try image(in: registry)
        let challenge = ["WWW-Authenticate": "Bearer realm=\"http://\(registry.host)/token\""]
        registry.inject(.status(401, headers: challenge), path: "/manifests/")
        registry.inject(.status(status, headers: challenge), path: "/manifests/", times: 9)
        await #expect(throws: Broken.error) { try await client(Broken()).resolve(reference, platform: amd64) }
    }

    @Test func `a challenge that nobody understands is an error`() async throws {
        let registry = TestRegistry()
        let (reference, _) = try image(in: registry)
        registry.inject(.status(401, headers: ["WWW-Authenticate": "Negotiate"]), path: "/manifests/")
        await #expect(
            throws: RegistryError.unsupportedChallenge(registry: registry.host, challenge: "negotiate")
        ) { try await RegistryClient.forTests(user).resolve(reference, platform: amd64) }
    }

    @Test func `a token with a line break is not used`() async throws {
        let registry = TestRegistry(access: .bearer())
        let (reference, _) = try image(in: registry)
        registry.inject(.status(200, body: #"{"token":"a\r\nX-Evil: 1"}"#), path: "/token")
        await #expect(
            throws: RegistryError.unexpectedAnswer(
                operation: "authorization for \(registry.host)", url: "http://\(registry.host)/token",
                reason: "the answer has no token")
        ) { try await RegistryClient.forTests().resolve(reference, platform: amd64) }
    }
}
