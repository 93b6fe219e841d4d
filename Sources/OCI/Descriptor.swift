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

    /// Documents from elsewhere say any size. The sum of all that a document can name stays far below what `Int64` holds.
    private static let sizes = Int64(0)...1 << 44

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        mediaType = try values.decode(MediaType.self, forKey: .mediaType)
        digest = try values.decode(Digest.self, forKey: .digest)
        size = try values.decode(Int64.self, forKey: .size)
        platform = try values.decodeIfPresent(Platform.self, forKey: .platform)
        annotations = try values.decodeIfPresent([String: String].self, forKey: .annotations)
        artifactType = try values.decodeIfPresent(String.self, forKey: .artifactType)
        guard Self.sizes.contains(size) else {
            throw DecodingError.dataCorruptedError(
                forKey: .size, in: values, debugDescription: "\(size) bytes are no size of a blob")
        }
    }
}
