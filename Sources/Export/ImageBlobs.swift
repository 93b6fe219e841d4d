internal import FileSystem
internal import OCI
internal import Storage

/// An image in the blob store: its manifest and what that names.
struct ImageBlobs {
    let descriptor: Descriptor
    let manifest: ImageManifest
    private let store: BlobStore
    private let isCancelled: @Sendable () -> Bool

    init(_ export: ImageExport) throws {
        let (descriptor, store) = (export.manifest, export.blobs)
        isCancelled = export.isCancelled
        guard descriptor.mediaType.isManifest else {
            throw ExportError.notAManifest(descriptor.digest, descriptor.mediaType)
        }
        self.descriptor = descriptor
        self.store = store
        manifest = try OCIDocument.decode(ImageManifest.self, from: store.read(descriptor.digest))
    }

    /// Config and layers, each once, by digest.
    var parts: [Descriptor] {
        var seen: Set<Digest> = []
        return ([manifest.config] + manifest.layers).filter { seen.insert($0.digest).inserted }
            .sorted { $0.digest < $1.digest }
    }

    /// The config's bytes and the layers with their diffIDs.
    func configAndLayers() throws -> (config: [UInt8], layers: [(descriptor: Descriptor, diffID: Digest)]) {
        let bytes = try store.read(manifest.config.digest)
        let diffIDs = try OCIDocument.decode(ImageConfig.self, from: bytes).rootfs.diffIDs
        guard diffIDs.count == manifest.layers.count else {
            throw ExportError.layersDiffer(descriptor.digest, layers: manifest.layers.count, diffIDs: diffIDs.count)
        }
        return (bytes, zip(manifest.layers, diffIDs).map { ($0, $1) })
    }

    /// Opens a blob of the size that its descriptor says.
    func open(_ blob: Descriptor) throws -> OpenFile {
        let file = try store.open(blob.digest)
        let size = try file.status().size
        guard size == blob.size else {
            throw StorageError.sizeMismatch(digest: blob.digest, expected: blob.size, actual: size)
        }
        return file
    }

    func checkCancellation() throws {
        if isCancelled() { throw CancellationError() }
    }

    /// Hands out a blob's bytes and verifies them on the way; a blob with others is removed from the store.
    func read(_ blob: Descriptor, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        let file = try open(blob)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var hasher = SHA256()
        while case let count = try file.read(into: buffer), count > 0 {
            try checkCancellation()
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hasher.update(piece)
            try take(piece)
        }
        let actual = hasher.finalize()
        guard actual == blob.digest else {
            try store.remove(blob.digest)
            throw StorageError.digestMismatch(expected: blob.digest, actual: actual)
        }
    }
}
