public import HTTP

/// Who we are to a registry.
public enum Credentials: Hashable, Sendable {
    case basic(user: String, password: Secret)
    /// A refresh token, which a token server turns into tokens of short life.
    case identityToken(Secret)
    /// A bearer token for the registry itself.
    case registryToken(Secret)
}

/// Where credentials come from.
public protocol CredentialSource: Sendable {
    /// Those for a repository; nil when there are none. Called for each request to a registry that asks for them.
    /// Throws `RegistryError`, and `CancellationError`.
    func credentials(registry: String, repository: String) async throws -> Credentials?
    /// Forgets these if they are kept for the repository, which refused them: the next call finds them anew.
    func forget(_ refused: Credentials, registry: String, repository: String)
    /// The places looked at, for the error of one who has none.
    func searched(for registry: String) -> [String]
    /// The files that it reads by their names.
    var hostFiles: [String] { get }
}

extension CredentialSource {
    /// Nothing is kept.
    public func forget(_ refused: Credentials, registry: String, repository: String) {}

    /// It reads none.
    public var hostFiles: [String] { [] }
}

/// Access without credentials.
public struct NoCredentials: CredentialSource {
    public init() {}
    public func credentials(registry: String, repository: String) -> Credentials? { nil }
    public func searched(for registry: String) -> [String] { [] }
}
