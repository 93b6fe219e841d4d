public import FileSystem
public import OCI
public import Storage
public import SystemPackage

/// A layer in the blob store.
public struct CommittedLayer: Hashable, Sendable {
    public var diffID: Digest
    /// Of the compressed blob.
    public var descriptor: Descriptor
    /// Members of the tar stream.
    public var entryCount: Int
    public var uncompressedSize: Int64
    /// The latest time of a member, in seconds since 1970; nil without members.
    public var newestTime: Int64?
}

/// Stores what a step changed as a layer, in one pass. See `LayerDiff`.
///
/// `upper` and `lowers` (nearest first) are directories of an overlay mount with `userxattr`; nothing may still write to
/// the upper one. A step that changed nothing gives a valid layer without entries.
public func commitLayer(
    of upper: FilePath, lowers: [FilePath] = [], excluded: [FileName] = [], omitsCopies: Bool = false,
    epoch: Int64? = nil,
    compression: LayerCompression = .gzip, into blobs: BlobStore, warn: (String) -> Void = { _ in }
) throws -> CommittedLayer {
    let upper = try OpenFile.open(upper.string, [.read, .directory])
    let lowers = try lowers.map { try OpenFile.open($0.string, [.pathOnly, .directory]) }
    let diff = LayerDiff(excluded: excluded, omitsCopies: omitsCopies, epoch: epoch)
    return try commitLayer(compression, into: blobs) {
        try diff.write(upper: upper, lowers: lowers, to: &$0, warn: warn)
    }
}

/// Stores a layer without entries.
public func commitEmptyLayer(into blobs: BlobStore) throws -> CommittedLayer {
    try commitLayer(into: blobs) { _ in }
}

/// Stores the entries that `body` writes as a layer; the end of the stream is written for it.
public func commitLayer(
    _ compression: LayerCompression = .gzip, into blobs: BlobStore, _ body: (inout TarWriter) throws -> Void
) throws -> CommittedLayer {
    let output = try LayerOutput(blobs)
    let layer = LayerWriter(compression: compression) { try output.blob.write($0) }
    var writer = TarWriter(to: layer)
    try body(&writer)
    try writer.finish()
    let result = try layer.finish()
    try output.blob.commit(trusting: result.digest)
    return CommittedLayer(
        diffID: result.diffID,
        descriptor: Descriptor(mediaType: compression.mediaType, digest: result.digest, size: result.size),
        entryCount: writer.entryCount, uncompressedSize: result.uncompressedSize,
        newestTime: writer.newestTime)
}

/// Lends a blob writer to the threads of a layer writer.
final class LayerOutput: @unchecked Sendable {
    // Safe because a layer writer calls its output from one thread at a time, and the blob is named after its end.
    let blob: BlobWriter

    init(_ blobs: BlobStore) throws(StorageError) { blob = try blobs.makeWriter(hashing: false) }
}
