public import OCI

/// The layers of an image whose blobs are in the store, from the base up.
public struct LayerStack: Hashable, Sendable, Codable {
    public var layers: [Descriptor]
    /// Of the same layers.
    public var diffIDs: [Digest]

    public init(layers: [Descriptor], diffIDs: [Digest]) {
        self.layers = layers
        self.diffIDs = diffIDs
    }
}
