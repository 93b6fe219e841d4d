/// What names a blob: its type, digest and size.
///
/// https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md
public struct Descriptor: Hashable, Sendable, Codable {
    public var mediaType: MediaType
    public var digest: Digest
    /// In bytes, as stored (compressed).
    public var size: Int64
    public var platform: Platform?
    public var annotations: [String: String]?
    /// What kind of artifact a manifest is, in lists of referrers.
    public var artifactType: String?

    public init(
        mediaType: MediaType, digest: Digest, size: Int64, platform: Platform? = nil,
        annotations: [String: String]? = nil, artifactType: String? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.annotations = annotations
        self.artifactType = artifactType
    }
}
