public import OCI

/// Where downloaded files are kept, by digest.
public protocol FileStore: Sendable {
    /// In bytes; nil if there is no such file. May block for milliseconds.
    func size(of digest: Digest) throws -> Int64?
    func makeSink() throws -> any FileSink
}

/// Takes the bytes of one file. All calls come one after the other, on a thread that may block.
public protocol FileSink: Sendable {
    func write(_ bytes: UnsafeRawBufferPointer) throws
    /// Forgets what was written: the file comes again from its first byte.
    func restart() throws
    /// The file is complete; its digest was computed from the bytes written.
    func commit(as digest: Digest) throws
    /// The file will not be completed.
    func discard()
}

/// A file that a URL gave, which is in the store.
public struct WebFile: Hashable, Sendable {
    public var digest: Digest
    public var sizeInBytes: Int64
    /// The server's Last-Modified, in seconds since 1970.
    public var lastModified: Int64?

    public init(digest: Digest, sizeInBytes: Int64, lastModified: Int64?) {
        self.digest = digest
        self.sizeInBytes = sizeInBytes
        self.lastModified = lastModified
    }
}
