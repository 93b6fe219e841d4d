internal import FoundationEssentials
internal import HTTP

/// A bearer token and when it ends.
struct Token: Sendable {
    let text: Secret
    /// In seconds since 1970, with some time to spare.
    let expires: Double
}

/// The server that a registry's Bearer challenge names.
///
/// https://distribution.github.io/distribution/spec/auth/token/, and for identity tokens
/// https://distribution.github.io/distribution/spec/auth/oauth/
struct TokenServer: Hashable, Sendable {
    let realm: HTTPURL
    let service: String?
    let registry: String

    /// Throws `insecureTokenServer` for a realm that is neither encrypted nor on the registry's own host while that
    /// speaks HTTP itself, so that credentials never travel in clear where the registry's own requests do not.
    init(_ challenge: Challenge, for endpoint: RegistryEndpoint) throws(RegistryError) {
        let text = challenge.parameters["realm"] ?? ""
        guard let realm = HTTPURL(text) else {
            throw .unsupportedChallenge(registry: endpoint.registry, challenge: "Bearer without a valid realm")
        }
        let registry = endpoint.origin.origin
        let isOwn = realm.origin.host == registry.host || (realm.origin.isLoopback && registry.isLoopback)
        guard realm.origin.isSecure || (isOwn && !registry.isSecure) else {
            throw .insecureTokenServer(registry: endpoint.registry, realm: realm.description)
        }
        self.realm = realm
        self.service = challenge.parameters["service"]
        self.registry = endpoint.registry
    }

    /// Gets a token for the scopes, with or without credentials. `searched` is where those were looked for.
    func fetch(
        _ scopes: [AccessScope], _ credentials: Credentials?, searched: [String], _ session: RegistrySession,
        now: () -> Double
    ) async throws -> Token {
        let operation = "authorization for \(registry)"
        let asked = now()
        let response = try await session.perform(request(scopes, credentials), operation: operation)
        guard response.status == 200 else {
            throw refusal(response, operation, hadCredentials: credentials != nil, searched)
        }
        guard let answer = try? JSONDecoder().decode(TokenAnswer.self, from: Data(response.body)),
            let text = [answer.token, answer.accessToken].compactMap({ $0 }).first(where: { !$0.isEmpty }),
            text.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        else {
            throw RegistryError.unexpectedAnswer(
                operation: operation, url: realm.description, reason: "the answer has no token")
        }
        // Docker's servers say nothing when they mean 60 seconds; a token is renewed a little before its end.
        let life = max(answer.expiresIn ?? 60, 1)
        return Token(text: Secret(text), expires: asked + life - min(10, life / 4))
    }

    private func request(_ scopes: [AccessScope], _ credentials: Credentials?) -> HTTPRequest {
        var items: [(name: String, value: String)] = service.map { [("service", $0)] } ?? []
        if case .identityToken(let token) = credentials {
            items += [("grant_type", "refresh_token"), ("client_id", "build-all")]
            items += [("refresh_token", token.revealed), ("scope", scopes.map(\.text).joined(separator: " "))]
            var request = HTTPRequest(method: .post, url: realm)
            request.headers = [("Content-Type", "application/x-www-form-urlencoded")]
            // What is in a body would go along to wherever it leads.
            request.followsRedirects = false
            request.body = .bytes(Array(HTTPURL.form(items).utf8))
            return request
        }
        items += scopes.map { ("scope", $0.text) }
        var request = HTTPRequest(url: realm.adding(query: items))
        if case .basic(let user, let password) = credentials {
            request.authorization = Secret(basic: user, password)
        }
        return request
    }

    private func refusal(
        _ response: HTTPResponse, _ operation: String, hadCredentials: Bool, _ searched: [String]
    ) -> RegistryError {
        let errors = response.reportedErrors
        guard response.status == 401 else {
            return .status(
                operation: operation, url: realm.description, status: response.status, errors: errors, retryAfter: nil)
        }
        return .unauthorized(
            operation: operation, url: realm.description, errors: errors, hadCredentials: hadCredentials,
            searched: searched)
    }
}

private struct TokenAnswer: Decodable {
    var token: String?
    var accessToken: String?
    var expiresIn: Double?

    enum CodingKeys: String, CodingKey {
        case token
        case accessToken = "access_token"
        case expiresIn = "expires_in"
    }
}
