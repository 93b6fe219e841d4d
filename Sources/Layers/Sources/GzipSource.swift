internal import CDeflate
internal import CZlib

/// Unpacks gzip: any number of members, and nothing after them (RFC 1952).
///
/// Members that fit a small buffer, as our own layers have them, are unpacked whole by libdeflate, which is twice as fast;
/// from the first that does not fit, zlib streams.
final class GzipSource: ByteSource {
    private static let memberLimit = 1 << 20

    private let input: PackedInput
    private var members: MemberInflater?
    private var stream: StreamInflater?

    init(_ upstream: any ByteSource) {
        input = PackedInput(upstream, capacity: Self.memberLimit + (64 << 10))
        members = MemberInflater(limit: Self.memberLimit)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if let members {
            if let count = try members.read(from: input, into: buffer) { return count }
            self.members = nil
        }
        let stream = stream ?? StreamInflater()
        self.stream = stream
        return try stream.read(from: input, into: buffer)
    }
}

/// Whole members by libdeflate.
private final class MemberInflater {
    private let handle: OpaquePointer
    private let output: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    init?(limit: Int) {
        guard let handle = libdeflate_alloc_decompressor() else { return nil }
        self.handle = handle
        output = .allocate(byteCount: limit, alignment: 4096)
    }

    deinit {
        libdeflate_free_decompressor(handle)
        output.deallocate()
    }

    /// 0 at the end; nil if the next member is too large, or wrong, which zlib can say better.
    func read(from input: PackedInput, into buffer: UnsafeMutableRawBufferPointer) throws -> Int? {
        while start == end {
            try input.fillWhole()
            if input.isEmpty { return isFirst ? nil : 0 }
            guard inflate(input) else { return nil }
        }
        let count = min(buffer.count, end - start)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: output[start..<start + count]))
        start += count
        return count
    }

    private var isFirst = true

    private func inflate(_ input: PackedInput) -> Bool {
        let window = input.window
        var consumed = 0
        var produced = 0
        let result = libdeflate_gzip_decompress_ex(
            handle, window.baseAddress, window.count, output.baseAddress, output.count, &consumed, &produced)
        guard result == LIBDEFLATE_SUCCESS else { return false }
        isFirst = false
        input.consume(consumed)
        (start, end) = (0, produced)
        return true
    }
}

/// Any gzip stream by zlib.
private final class StreamInflater {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var isInMember = true

    init() {
        stream.initialize(to: z_stream())
        // 15 bits of window, and 16 for gzip's header and no other.
        let code = inflateInit2_(stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib is out of memory")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func read(from input: PackedInput, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(buffer.count)
        while Int(stream.pointee.avail_out) == buffer.count {
            guard try input.fillIfEmpty() else {
                guard !isInMember else { throw problem("it ends in the middle") }
                return 0
            }
            try step(input)
        }
        return buffer.count - Int(stream.pointee.avail_out)
    }

    private func step(_ input: PackedInput) throws {
        if !isInMember {
            inflateReset(stream)
            isInMember = true
        }
        let window = input.window
        stream.pointee.next_in = window.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(window.count)
        let code = inflate(stream, Z_NO_FLUSH)
        input.consume(window.count - Int(stream.pointee.avail_in))
        switch code {
        case Z_OK, Z_BUF_ERROR: return
        case Z_STREAM_END: isInMember = false
        default: throw problem(stream.pointee.msg.map { String(cString: $0) } ?? "zlib's code \(code)")
        }
    }

    private func problem(_ reason: String) -> LayersError { .malformedCompression(.gzip, reason: reason) }
}
