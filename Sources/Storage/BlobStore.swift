public import FileSystem
public import OCI
public import SystemPackage

/// Blobs by digest. A blob has its name only once all its bytes are there and its digest was computed from them.
///
/// Several processes may use the store at once: whoever finishes a blob second replaces it by the same bytes. A blob that
/// was found stays for the rest of the run.
public struct BlobStore: Sendable {
    private let place: FilePath
    private let folder: OpenFile
    private let temporary: OpenFile
    /// Nil where nothing is pruned.
    private let marks: UseMarks?

    /// Opens the store of a state folder that was prepared.
    public init(_ state: StateFolder) throws(StorageError) {
        place = state.blobs
        folder = try state.open(state.blobs)
        temporary = try state.open(state.temporary)
        marks = try UseMarks(state)
    }

    /// Opens the blobs of an OCI image layout whose folders `blobs/sha256` and `.tmp` are there.
    public init(layout path: FilePath) throws(StorageError) {
        place = path.appending("blobs/sha256")
        marks = nil
        do {
            folder = try OpenFile.open(place.string, [.read, .directory])
            temporary = try OpenFile.open(path.appending(".tmp").string, [.read, .directory])
        } catch {
            throw .system(error, doing: "opening \(path)")
        }
    }

    public func contains(_ digest: Digest) throws(StorageError) -> Bool {
        try size(of: digest) != nil
    }

    /// In bytes; nil if the store has no such blob.
    public func size(of digest: Digest) throws(StorageError) -> Int64? {
        try storing("looking for blob \(digest)") { () throws(SystemError) in
            guard let marks else { return try folder.statusIfPresent(of: FileName(digest.hex))?.size }
            return try marks.use(.blobs, FileName(digest.hex), in: folder)?.size
        }
    }

    /// Where the blob is, or would be.
    public func path(of digest: Digest) -> FilePath { place.appending(digest.hex) }

    /// For reading; the bytes are not verified.
    public func open(_ digest: Digest) throws(StorageError) -> OpenFile {
        do {
            _ = try marks?.use(.blobs, FileName(digest.hex), in: folder)
            return try folder.open(FileName(digest.hex), [.read, .noFollow])
        } catch {
            throw error.isNotFound ? .blobMissing(digest) : .system(error, doing: "opening blob \(digest)")
        }
    }

    /// All bytes of a small blob (a manifest, a config), verified; a blob with other bytes is removed.
    public func read(_ digest: Digest, limit: Int = 8 << 20) throws(StorageError) -> [UInt8] {
        let file = try open(digest)
        let bytes = try storing("reading blob \(digest)") { () throws(SystemError) in try file.readAll(limit: limit) }
        guard let bytes else { throw .blobTooLarge(digest, limit: limit) }
        let actual = Digest(of: bytes)
        guard actual == digest else {
            try remove(digest)
            throw .digestMismatch(expected: digest, actual: actual)
        }
        return bytes
    }

    /// Stores bytes in memory.
    public func write(_ bytes: [UInt8]) throws(StorageError) -> Digest {
        let digest = Digest(of: bytes)
        if try size(of: digest) == Int64(bytes.count) { return digest }
        let writer = try makeWriter()
        var failure: StorageError?
        bytes.withUnsafeBytes { buffer in
            do throws(StorageError) { try writer.write(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
        return try writer.commit(expecting: digest).digest
    }

    /// A writer for a blob whose digest may not be known yet; without `hashing` the caller computes it.
    public func makeWriter(hashing: Bool = true) throws(StorageError) -> BlobWriter {
        try BlobWriter(temporary: temporary, target: folder, marks: marks, hashes: hashing)
    }

    /// A blob that is not there is no error.
    public func remove(_ digest: Digest) throws(StorageError) {
        do {
            try folder.unlink(FileName(digest.hex))
        } catch {
            if !error.isNotFound { throw .system(error, doing: "removing blob \(digest)") }
        }
    }
}
