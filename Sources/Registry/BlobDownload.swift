internal import HTTP
internal import OCI

/// A blob on its way into a sink: hashed as it comes, verified before the sink is committed.
final class BlobDownload: Sendable {
    let body: BodyDownload

    init(_ descriptor: Descriptor, operation: String, into sink: any BodySink) {
        let verifying = VerifyingSink(descriptor, operation: operation, into: sink)
        body = BodyDownload(into: verifying, limit: descriptor.size) { actual in
            RegistryError.sizeMismatch(operation: operation, expected: descriptor.size, actual: actual)
        }
    }
}

/// Passes bytes on, and the commit only when size and digest are right.
///
/// Safe because all calls come one after the other.
private final class VerifyingSink: BodySink, @unchecked Sendable {
    private let descriptor: Descriptor
    private let operation: String
    private let sink: any BodySink
    private var hasher = SHA256()
    private var size: Int64 = 0

    init(_ descriptor: Descriptor, operation: String, into sink: any BodySink) {
        self.descriptor = descriptor
        self.operation = operation
        self.sink = sink
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        hasher.update(bytes)
        size += Int64(bytes.count)
        try sink.write(bytes)
    }

    func restart() throws {
        hasher = SHA256()
        size = 0
        try sink.restart()
    }

    /// Throws `truncated`, `digestMismatch`, or what the sink throws.
    func commit() throws {
        guard size == descriptor.size else {
            throw RegistryError.truncated(operation: operation, expected: descriptor.size, actual: size)
        }
        let actual = hasher.finalize()
        guard actual == descriptor.digest else {
            throw RegistryError.digestMismatch(operation: operation, expected: descriptor.digest, actual: actual)
        }
        try sink.commit()
    }

    func discard() { sink.discard() }
}
