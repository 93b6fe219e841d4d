internal import CBzip2

/// Unpacks bzip2: any number of streams.
final class Bzip2Source: ByteSource {
    private let input: PackedInput
    private let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)
    private var isInStream = false
    private var isFirst = true

    init(_ upstream: any ByteSource) {
        input = PackedInput(upstream)
        stream.initialize(to: bz_stream())
    }

    deinit {
        if isInStream { BZ2_bzDecompressEnd(stream) }
        stream.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
        stream.pointee.avail_out = UInt32(buffer.count)
        while Int(stream.pointee.avail_out) == buffer.count {
            guard try input.fillIfEmpty() else {
                guard !isInStream, !isFirst else { throw problem("it ends in the middle") }
                return 0
            }
            try step(input.window)
        }
        return buffer.count - Int(stream.pointee.avail_out)
    }

    private func step(_ window: UnsafeMutableRawBufferPointer) throws {
        if !isInStream {
            precondition(BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK, "libbz2 is out of memory")
            (isInStream, isFirst) = (true, false)
        }
        stream.pointee.next_in = window.baseAddress?.assumingMemoryBound(to: CChar.self)
        stream.pointee.avail_in = UInt32(window.count)
        let code = BZ2_bzDecompress(stream)
        input.consume(window.count - Int(stream.pointee.avail_in))
        switch code {
        case BZ_OK: return
        case BZ_STREAM_END:
            BZ2_bzDecompressEnd(stream)
            isInStream = false
        case BZ_DATA_ERROR_MAGIC: throw problem("it has no bzip2 header")
        case BZ_DATA_ERROR: throw problem("it is corrupt")
        default: throw problem("libbz2's code \(code)")
        }
    }

    private func problem(_ reason: String) -> LayersError { .malformedCompression(.bzip2, reason: reason) }
}
