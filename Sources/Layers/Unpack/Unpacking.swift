public import FileSystem
public import OCI
public import Storage
public import SystemPackage

/// Unpacks a layer of the blob store into an empty directory, in the form that overlay mounts with `userxattr` take as a
/// lower: deletions are 0/0 devices, opaque directories carry `user.overlay.opaque`.
///
/// `lowers`: the unpacked layers below, nearest first. They answer what is at a path of which this layer only has the end
/// (`bin/sh` where a lower layer has `bin` as a link to `usr/bin`) and what a hard link to a lower layer's file means.
/// Compressed digest, size and diffID are verified over the very bytes that are unpacked: until this returns the
/// directory must not be used, and if it throws it is to be removed.
///
/// Throws for entries that would leave the directory or mean something to overlayfs, naming the entry and the reason.
@discardableResult
public func unpackLayer(
    _ descriptor: Descriptor, diffID: Digest, from blobs: BlobStore, into directory: FilePath,
    lowers: [FilePath] = [], limits: UnpackLimits = UnpackLimits()
) throws -> Int64 {
    let file = try blobs.open(descriptor.digest)
    let kind = try ArchiveKind(of: file)
    guard [.tar, .gzip, .zstd].contains(kind) else { throw LayersError.unsupportedCompression(kind.rawValue) }
    let stream = try UnpackedStream(file, kind, size: descriptor.size, limits)
    let root = try OpenFile.open(directory.string, [.read, .directory])
    let below = Lowers(try lowers.map { try OpenFile.open($0.string, [.pathOnly, .directory]) })
    let unpacker = TreeUnpacker(root: root, form: .overlay(below), limits: limits)
    let count = try unpacker.unpack(stream.source)
    try stream.verify(descriptor, diffID)
    return count
}

/// Unpacks a local archive into a directory of a live tree, as ADD does.
///
/// `destination` is treated as the root: no entry and no link leads out of it. What is there already is replaced by files
/// and links of the archive; a directory that is there stays and gets the archive's metadata. Parents that the archive does
/// not name are made, 0755. `owner` is given to all entries instead of their own. Without `makesDevices` an entry that is
/// one is refused. `check` is called again and again, and what it throws ends the work.
@discardableResult
public func extractArchive(
    _ file: OpenFile, kind: ArchiveKind? = nil, into destination: OpenFile, owner: FileOwner? = nil,
    makesDevices: Bool = true, limits: UnpackLimits = UnpackLimits(), check: (() throws -> Void)? = nil
) throws -> Int64 {
    let stream = try UnpackedStream(
        file, kind ?? ArchiveKind(of: file), size: file.status().size, limits, computesDiffID: false)
    let unpacker = TreeUnpacker(
        root: destination, form: .plain, owner: owner, makesDevices: makesDevices, limits: limits)
    guard let check else { return try unpacker.unpack(stream.source) }
    return try unpacker.unpack(CheckedSource(stream.source, check: check))
}

/// Asks before each piece whether to go on.
private final class CheckedSource: ByteSource {
    private let source: any ByteSource
    private let check: () throws -> Void

    init(_ source: any ByteSource, check: @escaping () throws -> Void) {
        self.source = source
        self.check = check
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try check()
        return try source.read(into: buffer)
    }
}
