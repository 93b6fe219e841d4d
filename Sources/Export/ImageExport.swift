public import OCI
public import Storage

/// An image of the store on its way to a file or folder.
public struct ImageExport: Sendable {
    let manifest: Descriptor
    let references: [ImageReference]
    let blobs: BlobStore
    /// Asked between blocks: once it is true, writing ends with `CancellationError` and leaves nothing unfinished.
    public var isCancelled: @Sendable () -> Bool = { false }

    /// `references`: the names it gets there. All its blobs are in the store.
    public init(manifest: Descriptor, references: [ImageReference], blobs: BlobStore) {
        self.manifest = manifest
        self.references = references
        self.blobs = blobs
    }

    /// Tags, each once.
    var tags: [String] { Set(references.compactMap(\.tag)).sorted() }
}
