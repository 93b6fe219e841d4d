/// Credentials from one place, and how long they hold.
struct FoundCredentials: Sendable {
    var credentials: Credentials
    /// In seconds since 1970; nil when nobody says.
    var expires: Double?

    init(_ credentials: Credentials, expires: Double? = nil) {
        self.credentials = credentials
        self.expires = expires
    }
}

/// One kind of place where credentials may be.
protocol CredentialPlace: Sendable {
    /// Those for a repository; nil when this place has none.
    func find(registry: String, repository: String) async throws -> FoundCredentials?
    /// Forgets these if it keeps them for the registry, which refused them.
    func forget(_ refused: Credentials, registry: String)
    /// Where that is, for the error of one who has none.
    func searched(for registry: String) -> [String]
    /// The files that it reads by their names.
    var hostFiles: [String] { get }
}

extension CredentialPlace {
    /// Nothing is kept.
    func forget(_ refused: Credentials, registry: String) {}

    /// It reads none.
    var hostFiles: [String] { [] }
}
