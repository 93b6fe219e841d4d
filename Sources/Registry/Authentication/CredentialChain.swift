internal import Clouds
public import HTTP
internal import Synchronization

/// Where credentials are looked for, in order: the files of docker and podman with their helper programs, the variables of
/// GitLab's and GitHub's jobs, the identity that the environment or the machine gives us with the registry's cloud.
///
/// What is found is kept until it expires or a registry refuses it; so is that there is nothing.
public final class CredentialChain: CredentialSource {
    private let places: [any CredentialPlace]
    private let clock: any NetworkClock
    private let kept = Mutex<[Name: FoundCredentials?]>([:])
    private let searches = SingleFlight<Name, FoundCredentials?>()

    private struct Name: Hashable, Sendable {
        let registry: String
        let repository: String
    }

    /// Whom to ask beside the files of docker and podman.
    public enum Helper: String, Hashable, Sendable, CaseIterable {
        /// The variables of GitLab's and GitHub's jobs.
        case job
        case amazon, google, azure
    }

    /// The usual places, from the variables of an environment. Looks at nothing yet.
    public convenience init(
        environment: [String: String], http: HTTPConfiguration = HTTPConfiguration(),
        helpers: Set<Helper> = Set(Helper.allCases)
    ) {
        var clouds = CloudConfiguration(environment: environment)
        (clouds.http, clouds.log) = (http, http.log)
        var places: [any CredentialPlace] = [CredentialFiles(environment: environment)]
        if helpers.contains(.job) { places.append(JobCredentials(environment: environment)) }
        places.append(CloudCredentials(clouds, of: helpers))
        self.init(places)
    }

    init(_ places: [any CredentialPlace], clock: any NetworkClock = SystemNetworkClock()) {
        self.places = places
        self.clock = clock
    }

    /// Throws `RegistryError` for a place that has some and cannot give them.
    public func credentials(registry: String, repository: String) async throws -> Credentials? {
        let name = Name(registry: registry, repository: repository)
        if let known = kept.withLock({ $0[name] }), (known?.expires ?? .infinity) > clock.secondsSince1970 {
            return known?.credentials
        }
        return try await searches.run(name) {
            let found = try await find(name)
            kept.withLock { $0[name] = .some(found) }
            return found
        }.value?.credentials
    }

    public func forget(_ refused: Credentials, registry: String, repository: String) {
        let name = Name(registry: registry, repository: repository)
        for place in places { place.forget(refused, registry: registry) }
        kept.withLock { kept in
            if let known = kept[name], known?.credentials == refused { kept[name] = nil }
        }
    }

    public func searched(for registry: String) -> [String] { places.flatMap { $0.searched(for: registry) } }

    public var hostFiles: [String] { places.flatMap(\.hostFiles) }

    private func find(_ name: Name) async throws -> FoundCredentials? {
        for place in places {
            do {
                if let found = try await place.find(registry: name.registry, repository: name.repository) {
                    return found
                }
            } catch let error as CloudError {
                throw RegistryError.identity(registry: name.registry, reason: "\(error)")
            }
        }
        return nil
    }
}
