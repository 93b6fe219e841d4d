public import OCI
public import Storage

/// Packs a layer of the blob store anew. The diffID stays; compressed digest, size and diffID of what is read are verified.
///
/// The descriptor has no annotations: those of the source describe its bytes.
public func repackLayer(
    _ descriptor: Descriptor, diffID: Digest, in blobs: BlobStore, to compression: LayerCompression,
    limits: UnpackLimits = UnpackLimits()
) throws -> Descriptor {
    let file = try blobs.open(descriptor.digest)
    let stream = try UnpackedStream(file, ArchiveKind(of: file), size: descriptor.size, limits)
    let output = try LayerOutput(blobs)
    let layer = LayerWriter(compression: compression) { try output.blob.write($0) }
    var count = 1
    while count > 0 { count = try layer.fill(1 << 20) { try stream.source.read(into: $0) } }
    try stream.verify(descriptor, diffID)
    let result = try layer.finish()
    try output.blob.commit(trusting: result.digest)
    return Descriptor(mediaType: compression.mediaType, digest: result.digest, size: result.size)
}
