internal import Clouds
internal import HTTP

/// The registries of the clouds, for whom the environment or the machine says who we are there.
struct CloudCredentials: CredentialPlace {
    private let amazon: AmazonChain
    private let google: GoogleChain
    private let azure: AzureDirectory
    private let helpers: Set<CredentialChain.Helper>

    /// Looks at nothing yet.
    init(
        _ configuration: CloudConfiguration,
        of helpers: Set<CredentialChain.Helper> = Set(CredentialChain.Helper.allCases)
    ) {
        self.helpers = helpers
        amazon = AmazonChain(configuration)
        google = GoogleChain(configuration)
        azure = AzureDirectory(configuration)
    }

    /// Throws `CloudError`.
    func find(registry: String, repository: String) async throws -> FoundCredentials? {
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
