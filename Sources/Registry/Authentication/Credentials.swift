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
    /// Those for a repository; nil when there are none. Called when a registry first asks for them.
    func credentials(registry: String, repository: String) throws(RegistryError) -> Credentials?
    /// The places looked at, for the error of one who has none.
    var searched: [String] { get }
}

/// Access without credentials.
public struct NoCredentials: CredentialSource {
    public init() {}
    public func credentials(registry: String, repository: String) throws(RegistryError) -> Credentials? { nil }
    public var searched: [String] { [] }
}
