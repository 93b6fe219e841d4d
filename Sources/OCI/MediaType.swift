/// The media type of a blob.
///
/// https://github.com/opencontainers/image-spec/blob/v1.1.0/media-types.md
public struct MediaType: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    /// Any media type is representable; comparison is by the exact text.
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let imageIndex = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
    public static let imageManifest = MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json")
    public static let imageConfig = MediaType(rawValue: "application/vnd.oci.image.config.v1+json")
    public static let layer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar")
    public static let layerGzip = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip")
    public static let layerZstd = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")
    public static let dockerManifestList = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
    public static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
    public static let dockerConfig = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")
    public static let dockerLayerGzip = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.gzip")
    public static let dockerLayer = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar")

    /// Whether this names an index of manifests, in OCI's or Docker's form.
    public var isIndex: Bool { self == .imageIndex || self == .dockerManifestList }

    /// Whether this names a manifest of one image, in OCI's or Docker's form.
    public var isManifest: Bool { self == .imageManifest || self == .dockerManifest }

    /// Docker's media type of the same bytes, where it has one.
    public var inDockerForm: MediaType {
        switch self {
        case .imageIndex: .dockerManifestList
        case .imageManifest: .dockerManifest
        case .imageConfig: .dockerConfig
        case .layerGzip: .dockerLayerGzip
        case .layer: .dockerLayer
        default: self
        }
    }

    /// The OCI media type of the same bytes, where Docker has a name of its own for them.
    public var inOCIForm: MediaType {
        switch self {
        case .dockerManifestList: .imageIndex
        case .dockerManifest: .imageManifest
        case .dockerConfig: .imageConfig
        case .dockerLayerGzip: .layerGzip
        case .dockerLayer: .layer
        default: self
        }
    }
}

extension MediaType: Codable {
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
