internal import HTTP
internal import Synchronization

/// Which of the registries that may speak HTTP speak nothing else. Each is asked once.
final class PlainRegistries: Sendable {
    private let known = Mutex<[String: Bool]>([:])
    private let questions = SingleFlight<String, Bool>()

    /// Whether there is no answer in HTTPS, but one in HTTP. Throws `CancellationError`.
    func isPlain(_ endpoint: RegistryEndpoint, _ session: RegistrySession) async throws -> Bool {
        if let known = known.withLock({ $0[endpoint.registry] }) { return known }
        return try await questions.run(endpoint.registry) {
            var isPlain = false
            if try await !answers(endpoint.origin, session) {
                isPlain = try await answers(endpoint.inHTTP.origin, session)
            }
            known.withLock { $0[endpoint.registry] = isPlain }
            return isPlain
        }.value
    }

    private func answers(_ url: HTTPURL, _ session: RegistrySession) async throws -> Bool {
        do {
            let answer = try await session.perform(
                HTTPRequest(url: url), operation: "question whether it is a registry")
            // Servers that want HTTPS say so in HTTP.
            return url.origin.isSecure || [200, 401, 403].contains(answer.status)
        } catch is RegistryError {
            return false
        }
    }
}
