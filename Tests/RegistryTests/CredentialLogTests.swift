import HTTP
import Logging
import OCI
import TestSupport
import Testing

@testable import Registry

/// Collects what is logged, at every level.
private struct CollectingLog: LogHandler {
    let lines: Locked<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.change { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") } }
}

@Suite(.timeLimit(.minutes(10))) struct CredentialLogTests {
    @Test(arguments: [
        (
            TestRegistry.Access.basic(user: "u", password: "hunter2"),
            Credentials.basic(user: "u", password: Secret("hunter2"))
        ),
        (.bearer(user: "u", password: "hunter2"), .basic(user: "u", password: Secret("hunter2"))),
        (.bearer(user: "u", password: "hunter2"), .identityToken(Secret("refresh-u"))),
        (.basic(user: "u", password: "another"), .basic(user: "u", password: Secret("hunter2"))),
    ])
    func `a log of everything has no credential in it`(access: TestRegistry.Access, credentials: Credentials)
        async throws
    {
        let registry = TestRegistry(access: access)
        registry.addManifest(Array("{}".utf8), mediaType: "application/json", to: "app", tag: "v1")
        let lines = Locked<[String]>([])
        var configuration = RegistryConfiguration(credentials: FixedCredentials(value: credentials))
        configuration.log = Logger(label: "test") { _ in CollectingLog(lines: lines) }
        let client = RegistryClient(configuration: configuration)
        var said = ""
        do { _ = try await client.tags(of: ImageReference("\(registry.host)/app:v1")) } catch { said = "\(error)" }
        let sent = registry.requests.compactMap(\.authorization).flatMap { $0.split(separator: " ") }.map(String.init)
        let all = lines.change { $0 } + [said]
        #expect(all.contains { $0.contains("GET ") })
        for secret in sent.filter({ $0 != "Basic" && $0 != "Bearer" }) + ["hunter2", "refresh-u"] {
            #expect(!all.contains { $0.contains(secret) })
        }
    }
}
