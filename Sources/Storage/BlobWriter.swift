internal import FileSystem
public import OCI
internal import Synchronization

/// Takes the bytes of one blob and gives it its name when they are complete. Without `commit` nothing remains.
///
/// Not for two threads at once.
public final class BlobWriter {
    private let temporary: OpenFile
    private let target: OpenFile
    private let marks: UseMarks?
    private let name: FileName
    private let file: OpenFile
    private var hasher = SHA256()
    private var size: Int64 = 0
    private var isNamed = false
    private let hashes: Bool

    /// With `hashes` false the caller computes the digest itself and gives it to `commit(trusting:)`.
    init(temporary: OpenFile, target: OpenFile, marks: UseMarks?, hashes: Bool = true) throws(StorageError) {
        self.temporary = temporary
        self.target = target
        self.marks = marks
        self.hashes = hashes
        name = OpenFile.temporaryName("blob")
        do {
            file = try temporary.open(name, [.readWrite, .create, .exclusive], mode: 0o600)
        } catch {
            throw .system(error, doing: "making a blob")
        }
    }

    deinit {
        guard !isNamed else { return }
        do throws(SystemError) {
            try temporary.unlink(name)
        } catch {
            // The sweep at the next start removes it.
            _ = error
        }
    }

    /// The bytes so far.
    public var bytesWritten: Int64 { size }

    public func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        if hashes { hasher.update(bytes) }
        try storing("writing a blob") { () throws(SystemError) in try file.writeAll(bytes) }
        size += Int64(bytes.count)
    }

    /// Names the blob by the digest of its bytes; with another digest or size than expected it is dropped.
    @discardableResult
    public func commit(
        expecting expected: Digest? = nil, size expectedSize: Int64? = nil
    ) throws(StorageError) -> (digest: Digest, size: Int64) {
        precondition(hashes, "a writer that does not hash is committed with its digest")
        let digest = hasher.finalize()
        if let expected, expected != digest { throw .digestMismatch(expected: expected, actual: digest) }
        if let expectedSize, expectedSize != size {
            throw .sizeMismatch(digest: digest, expected: expectedSize, actual: size)
        }
        try name(as: digest)
        return (digest, size)
    }

    /// Names the blob by a digest that the caller computed over the very bytes it wrote.
    public func commit(trusting digest: Digest) throws(StorageError) {
        try name(as: digest)
    }

    private func name(as digest: Digest) throws(StorageError) {
        try storing("naming blob \(digest)") { () throws(SystemError) in
            try file.setPermissions(0o444)
            let rename = { () throws(SystemError) in
                try self.temporary.rename(self.name, to: FileName(digest.hex), in: self.target)
            }
            if let marks { try marks.sharing(rename) } else { try rename() }
        }
        isNamed = true
    }
}
