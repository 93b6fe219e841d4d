internal import Clouds
internal import HTTP
internal import Synchronization

/// The registries of the clouds, for whom the environment or the machine says who we are there.
///
/// What is found is kept for the registry: the clouds have none for a repository, and limit how often they are asked.
final class CloudCredentials: CredentialPlace {
    private let amazon: AmazonChain
    private let google: GoogleChain
    private let azure: AzureDirectory
    private let configuration: CloudConfiguration
    private let helpers: Set<CredentialChain.Helper>
    private let clock: any NetworkClock
    private let kept = Mutex<[String: FoundCredentials]>([:])
    private let searches = SingleFlight<String, FoundCredentials?>()

    /// Looks at nothing yet.
    init(
        _ configuration: CloudConfiguration,
        of helpers: Set<CredentialChain.Helper> = Set(CredentialChain.Helper.allCases)
    ) {
        self.helpers = helpers
        clock = configuration.clock
        self.configuration = configuration
        amazon = AmazonChain(configuration)
        google = GoogleChain(configuration)
        azure = AzureDirectory(configuration)
    }

    /// Read when it is asked: files name others.
    var hostFiles: [String] { configuration.hostFiles }

    /// Throws `CloudError`.
    func find(registry: String, repository: String) async throws -> FoundCredentials? {
        if let known = kept.withLock({ $0[registry] }), (known.expires ?? .infinity) > clock.secondsSince1970 {
            return known
        }
        return try await searches.run(registry) {
            let found = try await find(registry)
            kept.withLock { $0[registry] = found }
            return found
        }.value
    }

    func forget(_ refused: Credentials, registry: String) {
        kept.withLock { kept in
            if kept[registry]?.credentials == refused { kept[registry] = nil }
        }
    }

    private func find(_ registry: String) async throws -> FoundCredentials? {
        if helpers.contains(.amazon), let registry = ElasticRegistry(registry: registry),
            let login = try await registry.login(amazon)
        {
            let margin = 600.0
            return FoundCredentials(
                .basic(user: login.user, password: login.password), expires: login.expires.map { $0 - margin })
        }
        if helpers.contains(.google), GoogleRegistry.isOne(registry), let token = try await google.registryToken() {
            return FoundCredentials(
                .basic(user: GoogleRegistry.tokenUser, password: token.text), expires: token.expires - 60)
        }
        if helpers.contains(.azure), let registry = AzureRegistry(registry: registry),
            let token = try await registry.refreshToken(azure)
        {
            return FoundCredentials(.identityToken(token.text), expires: token.expires)
        }
        return nil
    }

    func searched(for registry: String) -> [String] {
        if ElasticRegistry(registry: registry) != nil { return amazon.searched }
        if GoogleRegistry.isOne(registry) { return google.searched }
        return AzureRegistry(registry: registry) != nil ? azure.searched : []
    }
}
