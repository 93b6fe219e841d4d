internal import OCI

/// Passes bytes on and computes their digest.
final class DigestSource: ByteSource {
    private let upstream: any ByteSource
    private var hasher = SHA256()
    private(set) var byteCount: Int64 = 0

    init(_ upstream: any ByteSource) { self.upstream = upstream }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try upstream.read(into: buffer)
        hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        byteCount += Int64(count)
        return count
    }

    /// Of all bytes so far; ask once.
    func digest() -> Digest { hasher.finalize() }
}

/// Passes unpacked bytes on until they are too many, in all or for the packed bytes that they came from.
final class LimitedSource: ByteSource {
    /// A small archive may unpack to much more than its size: the ratio counts from here on.
    private static let freeBytes: Int64 = 1 << 30

    private let upstream: any ByteSource
    private let packed: DigestSource
    private let limits: UnpackLimits
    private var byteCount: Int64 = 0

    init(_ upstream: any ByteSource, unpackedFrom packed: DigestSource, _ limits: UnpackLimits) {
        self.upstream = upstream
        self.packed = packed
        self.limits = limits
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try upstream.read(into: buffer)
        byteCount += Int64(count)
        guard byteCount <= limits.bytes else { throw LayersError.tooLarge(.bytes, limit: limits.bytes) }
        if byteCount > Self.freeBytes, byteCount / limits.ratio > packed.byteCount {
            throw LayersError.tooLarge(.ratio, limit: limits.ratio)
        }
        return count
    }
}
