/// Where bytes come from, in order.
public protocol ByteSource: AnyObject {
    /// Fills at most the buffer, at least one byte; 0 is the end, and only the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// Where bytes go, in order.
public protocol ByteSink: AnyObject {
    /// Takes all bytes; the buffer is only read during the call.
    func write(_ bytes: UnsafeRawBufferPointer) throws

    /// Lets `body` put at most `limit` bytes into memory of the sink, and takes as many as it says; returns that number.
    /// Saves a copy where content is read from a file.
    func fill(_ limit: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> Int
}

extension ByteSink {
    /// Takes so many zeros.
    func writeZeros(_ count: Int64) throws {
        var rest = count
        while rest > 0 {
            rest -= Int64(
                try fill(Int(min(rest, 1 << 30))) { room in
                    room.initializeMemory(as: UInt8.self, repeating: 0)
                    return room.count
                })
        }
    }
}

extension ByteSource {
    /// Reads up to the end and forgets what it reads.
    func drain() throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while try read(into: buffer) > 0 {}
    }
}

extension ByteSink {
    public func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    public func fill(_ limit: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> Int {
        try withUnsafeTemporaryAllocation(byteCount: min(limit, 64 << 10), alignment: 16) { buffer in
            let count = try body(buffer)
            try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            return count
        }
    }
}

/// Bytes in memory as a source.
public final class MemorySource: ByteSource {
    private let bytes: [UInt8]
    private var position = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, bytes.count - position)
        bytes.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count]))
        }
        position += count
        return count
    }
}

/// A sink that keeps the bytes in memory.
public final class MemorySink: ByteSink {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
}
