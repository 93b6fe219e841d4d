internal import CZstd

/// Unpacks Zstandard: any number of frames (RFC 8878). Windows of more than 128 MiB are refused, as by the zstd program.
final class ZstdSource: ByteSource {
    private let input: PackedInput
    private let stream: OpaquePointer
    /// 0: a frame is complete; otherwise zstd hopes for more.
    private var hint = 1

    init(_ upstream: any ByteSource) {
        input = PackedInput(upstream)
        guard let stream = ZSTD_createDStream() else { preconditionFailure("zstd is out of memory") }
        self.stream = stream
    }

    deinit { ZSTD_freeDStream(stream) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        while output.pos == 0 {
            let hasInput = try input.fillIfEmpty()
            if !hasInput, hint == 0 { return 0 }
            let window = input.window
            var packed = ZSTD_inBuffer(src: window.baseAddress, size: window.count, pos: 0)
            let result = ZSTD_decompressStream(stream, &output, &packed)
            input.consume(packed.pos)
            if ZSTD_isError(result) != 0 { throw problem(String(cString: ZSTD_getErrorName(result))) }
            hint = result
            if !hasInput, output.pos == 0 { throw problem("it ends in the middle") }
        }
        return output.pos
    }

    private func problem(_ reason: String) -> LayersError { .malformedCompression(.zstd, reason: reason) }
}
