internal import FileSystem
internal import OCI

/// The tar stream in a packed file, with the digests of both. Large ones are read, unpacked and hashed on other threads.
struct UnpackedStream {
    /// Below this, threads cost more than they save. In bytes, packed.
    private static let threadThreshold: Int64 = 128 << 10

    private let packed: DigestSource
    private let unpacked: DigestSource?
    /// To be read to its end before `verify`.
    let source: any ByteSource

    init(
        _ file: OpenFile, _ kind: ArchiveKind, size: Int64, _ limits: UnpackLimits, computesDiffID: Bool = true
    ) throws {
        let isLarge = size > Self.threadThreshold
        packed = DigestSource(FileSource(file))
        var stream: any ByteSource = packed
        if kind != .tar {
            stream = LimitedSource(kind.unpacking(stream), unpackedFrom: packed, limits)
        }
        if isLarge { stream = try AheadSource(stream) }
        unpacked = computesDiffID ? DigestSource(stream) : nil
        if let unpacked {
            stream = isLarge ? try AheadSource(unpacked) : unpacked
        }
        source = stream
    }

    func verify(_ descriptor: Descriptor, _ diffID: Digest) throws(LayersError) {
        guard packed.byteCount == descriptor.size else {
            throw .sizeMismatch(expected: descriptor.size, actual: packed.byteCount)
        }
        let digest = packed.digest()
        guard digest == descriptor.digest else {
            throw .digestMismatch(expected: descriptor.digest, actual: digest)
        }
        guard let actual = unpacked?.digest(), actual != diffID else { return }
        throw .diffIDMismatch(expected: diffID, actual: actual)
    }
}
