internal import FileSystem
internal import HTTP
internal import OCI
internal import SystemPackage

/// A repository of a registry, and where its API is.
struct RegistryEndpoint: Hashable, Sendable {
    /// As in references.
    let registry: String
    let repository: String
    private(set) var origin: HTTPURL
    /// Whether HTTP will do where there is no answer in HTTPS.
    private(set) var mayBeHTTP = false
    /// Whether there is another place to ask: this one is not worth waiting for.
    var isOneOfSeveral = false

    /// How often to try here.
    var attempts: Int { isOneOfSeveral ? 2 : .max }

    /// Registry and repository.
    var name: String { "\(registry)/\(repository)" }

    init(_ reference: ImageReference, _ configuration: RegistryConfiguration) throws(RegistryError) {
        try self.init(reference, configuration, http: nil)
    }

    /// `http` holds where the configuration says nothing.
    private init(
        _ reference: ImageReference, _ configuration: RegistryConfiguration, http: Bool?
    ) throws(RegistryError) {
        registry = reference.registry
        repository = reference.repository
        let host = configuration.hosts[registry]
        mayBeHTTP = host?.http == nil && http == nil && configuration.mayBeHTTP(registry)
        let scheme = host?.http ?? http ?? (reference.isOnLoopback && !mayBeHTTP) ? "http" : "https"
        let name = registry == ImageReference.dockerHub ? "registry-1.docker.io" : registry
        guard let origin = HTTPURL("\(scheme)://\(name)/v2/") else { throw .invalidRegistry(registry) }
        self.origin = origin
    }

    /// Where to pull from, in order: the registry's mirrors, then itself.
    static func forPull(
        _ reference: ImageReference, _ configuration: RegistryConfiguration
    ) throws(RegistryError) -> [RegistryEndpoint] {
        var endpoints: [RegistryEndpoint] = []
        let host = configuration.hosts[reference.registry]
        for mirror in host?.mirrors ?? [] {
            guard let mirrored = mirror.name(of: reference) else { throw .invalidRegistry(mirror.description) }
            endpoints.append(try RegistryEndpoint(mirrored, configuration, http: mirror.http))
        }
        if endpoints.isEmpty || host?.fallsBack != false { endpoints.append(try Self(reference, configuration)) }
        for index in endpoints.indices.dropLast() { endpoints[index].isOneOfSeveral = true }
        return endpoints
    }

    /// The same in HTTP.
    var inHTTP: RegistryEndpoint {
        guard let plain = origin.inHTTP else { return self }
        var endpoint = self
        endpoint.origin = plain
        endpoint.mayBeHTTP = false
        return endpoint
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
    /// What is said of TLS with the host behind an origin, with or without its port: by `hosts`, and for what they leave
    /// out by the folders of certificates.
    func tls(for origin: HTTPURL.Origin) -> TLSSettings {
        let names =
            origin.host == "registry-1.docker.io"
            ? [ImageReference.dockerHub, origin.host] : ["\(origin.host):\(origin.port)", origin.host]
        var tls = names.lazy.compactMap { hosts[$0] }.first?.tls ?? otherTLS
        guard origin.isSecure, let found = certificates.settings(for: names) else { return tls.onHost }
        if tls.authorities.isEmpty { tls.authorities = found.authorities }
        if tls.cert == nil { (tls.cert, tls.key) = (found.cert, found.key) }
        return tls.onHost
    }

    /// All files that are read by their names for what is asked of registries.
    var hostFiles: [String] {
        let named = (hosts.values.map(\.tls) + [otherTLS]).flatMap(\.files).map(\.string)
        return named + certificates.hostFiles + credentials.hostFiles
    }
}

extension TLSSettings {
    fileprivate var files: [FilePath] { authorities + [cert, key].compactMap(\.self) }

    /// The same with files where they are at this moment.
    fileprivate var onHost: TLSSettings {
        func place(_ file: FilePath) -> FilePath { FilePath(HostFiles.ofProcess.place(file.string)) }
        return TLSSettings(
            authorities: authorities.map(place), cert: cert.map(place), key: key.map(place), insecure: insecure)
    }
}
