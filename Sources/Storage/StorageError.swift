public import FileSystem
public import OCI

/// What can be wrong with the state folder.
public enum StorageError: Error, Equatable {
    /// A system call failed on a file of the store.
    case system(SystemError, doing: String)
    /// `pid` is the holder's, if it could be read.
    case lockedByAnotherRun(pid: Int32?, path: String)
    case newerLayout(found: String, supported: Int, path: String)
    case digestMismatch(expected: Digest, actual: Digest)
    case sizeMismatch(digest: Digest, expected: Int64, actual: Int64)
    case blobMissing(Digest)
    case blobTooLarge(Digest, limit: Int)
    case notAStateFolder(path: String, reason: String)
}

extension StorageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system(let error, let doing):
            "\(doing): \(error)" + (error.isNoSpace ? "; free some space, nothing that was kept is damaged" : "")
        case .lockedByAnotherRun(let pid, let path):
            "another run\(pid.map { " (pid \($0))" } ?? "") holds \(path); --wait waits for it"
        case .newerLayout(let found, let supported, let path):
            "\(path) has layout \(found), this build-all knows up to \(supported): a newer build-all made it"
        case .digestMismatch(let expected, let actual):
            "blob \(expected) holds other bytes: their digest is \(actual)"
        case .sizeMismatch(let digest, let expected, let actual):
            "blob \(digest) has \(actual) bytes where \(expected) are expected"
        case .blobMissing(let digest): "blob \(digest) is not in the store"
        case .blobTooLarge(let digest, let limit): "blob \(digest) is larger than \(limit) bytes"
        case .notAStateFolder(let path, let reason): "\(path) cannot be the state folder: \(reason)"
        }
    }
}

/// Says what was being done when a system call of the store failed.
@discardableResult
func storing<Result>(_ doing: String, _ body: () throws(SystemError) -> Result) throws(StorageError) -> Result {
    do {
        return try body()
    } catch {
        throw .system(error, doing: doing)
    }
}
