internal import HTTP
internal import OCI

/// A repository of a registry, and where its API is.
struct RegistryEndpoint: Hashable, Sendable {
    /// As in references.
    let registry: String
    let repository: String
    let origin: HTTPURL

    init(_ reference: ImageReference, _ configuration: RegistryConfiguration) throws(RegistryError) {
        registry = reference.registry
        repository = reference.repository
        let host = configuration.hosts[registry]
        let scheme = host?.http ?? reference.isOnLoopback ? "http" : "https"
        let name = registry == ImageReference.dockerHub ? "registry-1.docker.io" : registry
        guard let origin = HTTPURL("\(scheme)://\(name)/v2/") else { throw .invalidRegistry(registry) }
        self.origin = origin
    }

    /// The URL of something below the repository: `blobs/…`, `manifests/…`.
    func url(_ path: String, query: [(name: String, value: String)] = []) -> HTTPURL {
        guard let url = origin.resolving("/v2/\(repository)/\(path)") else {
            preconditionFailure("repositories, tags and digests are valid in URLs")
        }
        return url.adding(query: query)
    }
}

extension RegistryConfiguration {
    /// What is said of the host behind an origin, with or without its port.
    func host(for origin: HTTPURL.Origin) -> Host {
        let names =
            origin.host == "registry-1.docker.io"
            ? [ImageReference.dockerHub, origin.host] : ["\(origin.host):\(origin.port)", origin.host]
        return names.lazy.compactMap { hosts[$0] }.first ?? Host()
    }
}
