/// Where the bytes of a downloaded blob go.
///
/// All calls come one after the other, on a thread that may block, never on the cooperative pool. What they throw ends
/// the download and reaches its caller unchanged.
public protocol BlobSink: Sendable {
    func write(_ bytes: UnsafeRawBufferPointer) throws
    /// Forgets what was written: the blob comes again from its first byte.
    func restart() throws
    /// The blob is complete; its size and digest are right.
    func commit() throws
    /// The blob will not be completed. Also called after `commit` has thrown.
    func discard()
}
