public import OCI
public import Storage

/// An image of the store on its way to a file or folder.
public struct ImageExport: Sendable {
    let manifest: Descriptor
    let references: [ImageReference]
    let blobs: BlobStore

    /// `references`: the names it gets there.
    public init(manifest: Descriptor, references: [ImageReference], blobs: BlobStore) {
        self.manifest = manifest
        self.references = references
        self.blobs = blobs
    }

    /// The image manifest with the bytes of it.
    func readManifest() throws -> (document: ImageManifest, bytes: [UInt8]) {
        let bytes = try blobs.read(manifest.digest)
        return (try OCIDocument.decode(ImageManifest.self, from: bytes), bytes)
    }

    /// All blobs of the image, layers first: what names a blob comes after it.
    func allBlobs() throws -> [Descriptor] {
        let document = try readManifest().document
        return document.layers + [document.config, manifest]
    }

    static let tagAnnotation = "org.opencontainers.image.ref.name"

    /// The descriptors of an index: one a tag, or one without a name.
    var indexEntries: [Descriptor] {
        let tags = references.compactMap(\.tag)
        guard !tags.isEmpty else { return [manifest] }
        return tags.map { tag in
            var entry = manifest
            entry.annotations = [Self.tagAnnotation: tag]
            return entry
        }
    }
}
