/// Where the bytes of a downloaded body go.
///
/// All calls come one after the other, on a thread that may block, never on the cooperative pool. What they throw ends
/// the download and reaches its caller unchanged.
public protocol BodySink: Sendable {
    func write(_ bytes: UnsafeRawBufferPointer) throws
    /// Forgets what was written: the body comes again from its first byte.
    func restart() throws
    /// The body is complete.
    func commit() throws
    /// The body will not be completed. Also called after `commit` has thrown.
    func discard()
}
