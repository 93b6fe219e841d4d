public import FileSystem

/// An open file as a source, from its first byte; the descriptor's own position is neither used nor moved.
public final class FileSource: ByteSource {
    private let file: OpenFile
    private var offset: Int64 = 0

    public init(_ file: OpenFile) { self.file = file }

    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try file.read(into: buffer, at: offset)
        offset += Int64(count)
        return count
    }
}

/// An open file as a sink, at its current position.
public final class FileSink: ByteSink {
    private let file: OpenFile

    public init(_ file: OpenFile) { self.file = file }

    public func write(_ bytes: UnsafeRawBufferPointer) throws { try file.writeAll(bytes) }
}
