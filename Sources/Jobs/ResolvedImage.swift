public import OCI

/// An image whose manifest and config are in the blob store, verified; its layers may not be.
public struct ResolvedImage: Hashable, Sendable, Codable {
    /// As it was asked for.
    public var reference: String
    /// Where layers are fetched from; nil when the store has them all (an image of the batch).
    public var source: ImageReference?
    /// Digest of the manifest of this platform.
    public var manifest: Descriptor
    public var config: Descriptor
    /// Compressed layers and diffIDs correspond, from the base up.
    public var layers: [Descriptor]
    public var diffIDs: [Digest]

    public init(
        reference: String, source: ImageReference?, manifest: Descriptor, config: Descriptor, layers: [Descriptor],
        diffIDs: [Digest]
    ) {
        self.reference = reference
        self.source = source
        self.manifest = manifest
        self.config = config
        self.layers = layers
        self.diffIDs = diffIDs
    }
}
