public import OCI

/// What an executor asks the scheduler for. It waits for the answer to one request before it sends the next.
public enum ImageRequest: Hashable, Sendable, Codable {
    /// Manifest and config of an image of a registry, or of the batch: an image of the batch that has this reference is
    /// preferred.
    case resolve(ImageReference, Platform)
    /// Manifest and config of another image of the batch.
    case resolveSibling(image: String)
    /// Layers into the blob store, from where the image was resolved.
    case fetchLayers(of: ResolvedImage, indices: [Int])
}

/// The scheduler's answer to one request.
public enum ImageResponse: Hashable, Sendable, Codable {
    case resolved(ResolvedImage)
    case fetched
    case failed(JobFailure)
}

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

/// One message from the executor to the scheduler.
public enum ExecutorMessage: Hashable, Sendable, Codable {
    case event(JobEvent)
    case request(ImageRequest)
}
