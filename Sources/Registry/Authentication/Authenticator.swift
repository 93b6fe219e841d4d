internal import HTTP
internal import OCI
internal import Synchronization

/// What a request is allowed to do, as token servers understand it: `repository:NAME:pull,push`.
///
/// https://distribution.github.io/distribution/spec/auth/scope/
struct AccessScope: Hashable, Sendable {
    let text: String

    static func pull(_ repository: String) -> AccessScope { AccessScope(text: "repository:\(repository):pull") }
    static func push(_ repository: String) -> AccessScope { AccessScope(text: "repository:\(repository):pull,push") }
    var isPull: Bool { text.hasSuffix(":pull") }

    static func delete(_ repository: String) -> AccessScope {
        AccessScope(text: "repository:\(repository):pull,delete")
    }
}

/// Finds the `Authorization` of a request: learns from the first 401 of a registry how it wants it, keeps tokens until
/// they expire, and asks for each token once however many requests need it.
final class Authenticator: Sendable {
    private enum Scheme: Sendable {
        case basic
        case bearer(TokenServer)
    }

    /// Tokens are for a repository's credentials and for scopes.
    struct TokenKey: Hashable, Sendable {
        let registry: String
        let repository: String
        let scopes: [AccessScope]
    }

    /// Why a repository's credentials could not be had.
    private struct Fault: Sendable {
        let error: RegistryError
        /// In seconds since 1970: then they are looked for anew.
        let until: Double
    }

    private static let faultLife = 60.0

    private let configuration: RegistryConfiguration
    private let session: RegistrySession
    private let schemes = Mutex<[String: Scheme]>([:])
    private let tokens = Mutex<[TokenKey: Token]>([:])
    private let faults = Mutex<[String: Fault]>([:])
    private let fetches = SingleFlight<TokenKey, Token>()

    init(_ configuration: RegistryConfiguration, _ session: RegistrySession) {
        self.configuration = configuration
        self.session = session
    }

    /// The header's value, if the registry is known to want one.
    func authorization(_ endpoint: RegistryEndpoint, scopes: [AccessScope]) async throws -> Secret? {
        guard let scheme = schemes.withLock({ $0[endpoint.registry] }) else { return nil }
        let credentials = try await credentials(endpoint, scopes)
        if case .registryToken(let token) = credentials { return Secret("Bearer \(token.revealed)") }
        switch scheme {
        case .basic:
            guard case .basic(let user, let password) = credentials else { return nil }
            return Secret(basic: user, password)
        case .bearer(let server):
            let key = TokenKey(registry: endpoint.registry, repository: endpoint.repository, scopes: scopes)
            do {
                return try await Secret("Bearer \(token(key, server, credentials).text.revealed)")
            } catch let error as RegistryError where error.isAuthorization {
                throw fault(endpoint, scopes) ?? error
            }
        }
    }

    /// The header's value after a 401; nil when the answer would be the same again. `rejected` is what was sent.
    ///
    /// Throws `RegistryError` if the challenge cannot be met or the token server refuses.
    func authorization(
        afterChallenge fields: [String], _ endpoint: RegistryEndpoint, scopes: [AccessScope], rejected: Secret?
    ) async throws -> Secret? {
        let scheme = try scheme(from: fields, endpoint)
        schemes.withLock { $0[endpoint.registry] = scheme }
        if let rejected { try await forget(rejected, endpoint, scopes) }
        let renewed = try await authorization(endpoint, scopes: scopes)
        return renewed == rejected ? nil : renewed
    }

    /// Whether there are credentials for the repository, and where they were looked for.
    func hasCredentials(_ endpoint: RegistryEndpoint) async throws -> Bool {
        try await credentials(endpoint.registry, endpoint.repository) != nil
    }

    private func scheme(from fields: [String], _ endpoint: RegistryEndpoint) throws(RegistryError) -> Scheme {
        let challenges = Challenge.parse(fields)
        if let bearer = challenges.first(where: { $0.scheme == "bearer" && $0.parameters["realm"] != nil }) {
            return .bearer(try TokenServer(bearer, for: endpoint))
        }
        guard challenges.contains(where: { $0.scheme == "basic" }) else {
            let text = challenges.isEmpty ? "none" : challenges.map(\.scheme).joined(separator: ", ")
            throw .unsupportedChallenge(registry: endpoint.registry, challenge: text)
        }
        return .basic
    }

    /// Why a call that only pulls was made without credentials, if there should have been some.
    func fault(_ endpoint: RegistryEndpoint, _ scopes: [AccessScope]) -> RegistryError? {
        guard !scopes.isEmpty, scopes.allSatisfy(\.isPull), let fault = faults.withLock({ $0[endpoint.name] }) else {
            return nil
        }
        return fault.until > configuration.clock.secondsSince1970 ? fault.error : nil
    }

    /// Those for a call. Many images can be pulled by everyone: what only pulls goes without where credentials cannot be
    /// had, and `fault` is for the error if that is refused.
    private func credentials(_ endpoint: RegistryEndpoint, _ scopes: [AccessScope]) async throws -> Credentials? {
        guard fault(endpoint, scopes) == nil else { return nil }
        do {
            let found = try await credentials(endpoint.registry, endpoint.repository)
            faults.withLock { $0[endpoint.name] = nil }
            return found
        } catch let error as RegistryError where error.isMissingCredentials && scopes.allSatisfy(\.isPull) {
            let fault = Fault(error: error, until: configuration.clock.secondsSince1970 + Self.faultLife)
            faults.withLock { $0[endpoint.name] = fault }
            return nil
        }
    }

    private func credentials(_ registry: String, _ repository: String) async throws -> Credentials? {
        try await configuration.credentials.credentials(registry: registry, repository: repository)
    }

    /// A token is fetched anew; credentials that were sent themselves are looked for anew, a helper's may have expired.
    private func forget(_ rejected: Secret, _ endpoint: RegistryEndpoint, _ scopes: [AccessScope]) async throws {
        let sent = try await credentials(endpoint, scopes)
        if let sent, sent.header == rejected {
            configuration.credentials.forget(sent, registry: endpoint.registry, repository: endpoint.repository)
        }
        tokens.withLock { tokens in
            tokens = tokens.filter { Secret("Bearer \($0.value.text.revealed)") != rejected }
        }
    }

    private func token(_ key: TokenKey, _ server: TokenServer, _ credentials: Credentials?) async throws -> Token {
        let clock = configuration.clock
        if let known = tokens.withLock({ $0[key] }), known.expires > clock.secondsSince1970 { return known }
        return try await fetches.run(key) {
            let token = try await fetch(key, server, credentials)
            tokens.withLock { $0[key] = token }
            return token
        }.value
    }

    /// Credentials that the token server refuses are looked for anew, once.
    private func fetch(_ key: TokenKey, _ server: TokenServer, _ credentials: Credentials?) async throws -> Token {
        let searched = configuration.credentials.searched(for: key.registry)
        func fetch(_ credentials: Credentials?) async throws -> Token {
            try await server.fetch(
                key.scopes, credentials, searched: searched, session,
                now: { configuration.clock.secondsSince1970 })
        }
        do {
            return try await fetch(credentials)
        } catch let error as RegistryError {
            guard case .unauthorized = error, let credentials else { throw error }
            configuration.credentials.forget(credentials, registry: key.registry, repository: key.repository)
            let renewed = try await self.credentials(key.registry, key.repository)
            guard let renewed, renewed != credentials else { throw error }
            return try await fetch(renewed)
        }
    }
}

extension RegistryError {
    /// Whether someone has credentials and does not give them.
    fileprivate var isMissingCredentials: Bool {
        switch self {
        case .identity, .credentialHelper: true
        default: false
        }
    }
}

extension Credentials {
    /// The header's value, for those that are sent to the registry itself.
    fileprivate var header: Secret? {
        switch self {
        case .basic(let user, let password): Secret(basic: user, password)
        case .registryToken(let token): Secret("Bearer \(token.revealed)")
        case .identityToken: nil
        }
    }
}
