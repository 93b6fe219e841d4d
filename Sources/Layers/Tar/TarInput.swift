/// A window on a byte source that counts where it is.
final class TarInput {
    private let source: any ByteSource
    private let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    private var start = 0
    private var end = 0
    /// Bytes consumed so far.
    private(set) var offset: Int64 = 0

    init(_ source: any ByteSource) { self.source = source }

    deinit { storage.deallocate() }

    /// The next 512 bytes, consumed, valid until the next call; nil at the end of the source.
    func nextBlock() throws -> UnsafeRawBufferPointer? {
        try refill(TarField.blockSize)
        guard end > start else { return nil }
        guard end - start >= TarField.blockSize else { throw truncated }
        return consume(TarField.blockSize)
    }

    /// At least one and at most `limit` bytes, consumed, valid until the next call.
    func nextPiece(_ limit: Int64) throws -> UnsafeRawBufferPointer {
        try refill(1)
        guard end > start else { throw truncated }
        return consume(Int(min(Int64(end - start), limit)))
    }

    /// Exactly this many bytes, consumed.
    func bytes(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += try nextPiece(Int64(count - bytes.count)) }
        return bytes
    }

    func skip(_ count: Int64) throws {
        var rest = count
        while rest > 0 { rest -= Int64(try nextPiece(rest).count) }
    }

    /// Reads up to the source's end, so that digests over it are complete.
    func drain() throws {
        offset += Int64(end - start)
        start = end
        try source.drain()
    }

    private var truncated: LayersError { .malformedArchive(.truncated, offset: offset + Int64(end - start)) }

    private func consume(_ count: Int) -> UnsafeRawBufferPointer {
        defer {
            start += count
            offset += Int64(count)
        }
        return UnsafeRawBufferPointer(rebasing: storage[start..<start + count])
    }

    /// Makes `count` bytes contiguous, fewer only at the end of the source.
    private func refill(_ count: Int) throws {
        guard end - start < count else { return }
        UnsafeMutableRawBufferPointer(rebasing: storage[0..<end - start])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
        (start, end) = (0, end - start)
        while end < count {
            let read = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: storage[end...]))
            if read == 0 { return }
            end += read
        }
    }
}
