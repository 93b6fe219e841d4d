public import OCI

/// The result of a step as machines share it: all but the layer's bytes.
public struct SharedStep: Hashable, Sendable, Codable {
    /// What a key is made of, and how: raised when that changes, so that old results are not found.
    public static let schema = "build-all step 2"

    /// The step's key.
    public var key: Digest
    public var layer: Descriptor
    public var diffID: Digest
    /// The latest time of a file in the layer, in seconds since 1970; nil if it has no files.
    public var newestTime: Int64?
    /// RFC 3339: the time in the image's history.
    public var created: String
    /// When the step ran, in seconds since 1970.
    public var recorded: Int64
    /// How the layer is packed; nil is gzip at its usual level.
    public var compression: LayerCompression?
    /// What the key was made of: names with digests, no value in clear.
    public var parts: [String: String]

    public init(
        key: Digest, layer: Descriptor, diffID: Digest, newestTime: Int64?, created: String, recorded: Int64,
        compression: LayerCompression? = nil, parts: [String: String]
    ) {
        self.key = key
        self.layer = layer
        self.diffID = diffID
        self.newestTime = newestTime
        self.created = created
        self.recorded = recorded
        self.compression = compression
        self.parts = parts
    }
}

/// What the scheduler says of a step that the executor's own cache does not have.
public struct SharedStepAnswer: Hashable, Sendable, Codable {
    public var step: SharedStep?
    /// Where it was found, as people name it: `registry.example.com/cache`.
    public var place: String?
    /// Why there is none, in the words of the ledger, where there was something that cannot be used: `expired`,
    /// `cache_damaged`.
    public var reason: String?

    public init(step: SharedStep? = nil, place: String? = nil, reason: String? = nil) {
        self.step = step
        self.place = place
        self.reason = reason
    }
}
