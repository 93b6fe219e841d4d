public import FileSystem

/// An open file as a source, from its current position.
public final class FileSource: ByteSource {
    private let file: OpenFile

    public init(_ file: OpenFile) { self.file = file }

    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try file.read(into: buffer) }
}

/// An open file as a sink, at its current position.
public final class FileSink: ByteSink {
    private let file: OpenFile

    public init(_ file: OpenFile) { self.file = file }

    public func write(_ bytes: UnsafeRawBufferPointer) throws { try file.writeAll(bytes) }
}
