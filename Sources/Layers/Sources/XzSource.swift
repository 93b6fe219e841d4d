internal import CLzma

/// Unpacks xz: any number of streams. Those that need more than 128 MiB of memory are refused; `xz -9` needs 65.
final class XzSource: ByteSource {
    private static let memoryLimit: UInt64 = 128 << 20
    /// LZMA_CONCATENATED, a macro with a cast that Swift does not import.
    private static let concatenated: UInt32 = 0x08

    private let input: PackedInput
    private let stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)
    private var isFinished = false

    init(_ upstream: any ByteSource) {
        input = PackedInput(upstream)
        stream.initialize(to: lzma_stream())
        let code = lzma_stream_decoder(stream, Self.memoryLimit, Self.concatenated)
        precondition(code == LZMA_OK, "liblzma is out of memory")
    }

    deinit {
        lzma_end(stream)
        stream.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = buffer.count
        while stream.pointee.avail_out == buffer.count, !isFinished {
            let action = try input.fillIfEmpty() ? LZMA_RUN : LZMA_FINISH
            let window = input.window
            stream.pointee.next_in = UnsafePointer(window.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = window.count
            let code = lzma_code(stream, action)
            input.consume(window.count - stream.pointee.avail_in)
            try check(code)
        }
        return buffer.count - stream.pointee.avail_out
    }

    private func check(_ code: lzma_ret) throws {
        switch code {
        case LZMA_OK: return
        case LZMA_STREAM_END: isFinished = true
        case LZMA_MEMLIMIT_ERROR: throw problem("it needs more than \(Self.memoryLimit >> 20) MiB of memory")
        case LZMA_BUF_ERROR: throw problem("it ends in the middle")
        case LZMA_FORMAT_ERROR: throw problem("it has no xz header")
        case LZMA_OPTIONS_ERROR: throw problem("it has options that liblzma does not know")
        case LZMA_DATA_ERROR: throw problem("it is corrupt")
        default: throw problem("liblzma's code \(code.rawValue)")
        }
    }

    private func problem(_ reason: String) -> LayersError { .malformedCompression(.xz, reason: reason) }
}
