internal import OCI
internal import Synchronization

/// Which repositories have which blobs, as far as this client has seen: such a blob is not asked for again, and can be
/// mounted into another repository of the same registry.
final class KnownBlobs: Sendable {
    private struct Key: Hashable {
        let registry: String
        let digest: Digest
    }

    private let repositories = Mutex<[Key: Set<String>]>([:])

    func insert(_ digest: Digest, in endpoint: RegistryEndpoint) {
        let key = Key(registry: endpoint.registry, digest: digest)
        _ = repositories.withLock { $0[key, default: []].insert(endpoint.repository) }
    }

    func remove(_ digest: Digest, in endpoint: RegistryEndpoint) {
        let key = Key(registry: endpoint.registry, digest: digest)
        _ = repositories.withLock { $0[key]?.remove(endpoint.repository) }
    }

    func contains(_ digest: Digest, in endpoint: RegistryEndpoint) -> Bool {
        let key = Key(registry: endpoint.registry, digest: digest)
        return repositories.withLock { $0[key]?.contains(endpoint.repository) == true }
    }

    /// Other repositories of the same registry that have it.
    func sources(of digest: Digest, for endpoint: RegistryEndpoint) -> [String] {
        let key = Key(registry: endpoint.registry, digest: digest)
        return repositories.withLock { ($0[key] ?? []).subtracting([endpoint.repository]).sorted() }
    }
}
