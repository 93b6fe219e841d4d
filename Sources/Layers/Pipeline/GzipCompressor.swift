internal import CDeflate

/// Packs blocks as gzip members by libdeflate.
final class GzipCompressor: BlockCompressor {
    private let handle: OpaquePointer

    init(level: Int) {
        precondition((1...12).contains(level), "libdeflate knows the levels 1 to 12")
        guard let handle = libdeflate_alloc_compressor(Int32(level)) else {
            preconditionFailure("libdeflate is out of memory")
        }
        self.handle = handle
    }

    deinit { libdeflate_free_compressor(handle) }

    func bound(_ count: Int) -> Int { libdeflate_gzip_compress_bound(handle, count) }

    func compress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
        guard let source = input.baseAddress, let target = output.baseAddress else { return 0 }
        let count = libdeflate_gzip_compress(handle, source, input.count, target, output.count)
        precondition(count > 0, "the output buffer has room for any result")
        return count
    }
}
