/// The manifest of one image: its config and its layers, in order from the base up.
///
/// https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md. Docker's schema 2 has the same fields.
public struct ImageManifest: Hashable, Sendable, Codable {
    public var schemaVersion = 2
    public var mediaType: MediaType?
    public var artifactType: String?
    public var config: Descriptor
    public var layers: [Descriptor]
    public var subject: Descriptor?
    public var annotations: [String: String]?

    public init(config: Descriptor, layers: [Descriptor], annotations: [String: String]? = nil) {
        mediaType = .imageManifest
        self.config = config
        self.layers = layers
        self.annotations = annotations
    }
}

/// A list of manifests, one a platform.
///
/// https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md
public struct ImageIndex: Hashable, Sendable, Codable {
    public var schemaVersion = 2
    public var mediaType: MediaType?
    public var artifactType: String?
    public var manifests: [Descriptor]
    public var subject: Descriptor?
    public var annotations: [String: String]?

    public init(manifests: [Descriptor], annotations: [String: String]? = nil) {
        mediaType = .imageIndex
        self.manifests = manifests
        self.annotations = annotations
    }

    /// The manifest for a platform: an exact variant before one that says none. Attestations (`unknown/unknown`) never match.
    public func manifest(for platform: Platform) -> Descriptor? {
        let fitting = manifests.filter { $0.platform?.satisfies(platform) == true }
        return fitting.first { $0.platform?.variant == platform.variant } ?? fitting.first
    }
}
