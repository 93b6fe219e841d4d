public import FileSystem
public import OCI
public import Storage

/// Writes a layer's tar stream to a file and returns its size in bytes; compressed digest, size and diffID are verified.
public func writeUncompressed(
    _ descriptor: Descriptor, diffID: Digest, from blobs: BlobStore, to target: OpenFile,
    limits: UnpackLimits = UnpackLimits()
) throws -> Int64 {
    let file = try blobs.open(descriptor.digest)
    let stream = try UnpackedStream(file, ArchiveKind(of: file), size: descriptor.size, limits)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    defer { buffer.deallocate() }
    var size: Int64 = 0
    while case let count = try stream.source.read(into: buffer), count > 0 {
        try target.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        size += Int64(count)
    }
    try stream.verify(descriptor, diffID)
    return size
}
