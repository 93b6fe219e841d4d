public import OCI

/// Why an image could not be written to a file or folder.
public enum ExportError: Error, Equatable {
    /// The target of a layout is there and is something else.
    case notALayout(path: String, reason: String)
    case damagedBlob(expected: Digest, actual: Digest)
    case noFileName(String)
}

extension ExportError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notALayout(let path, let reason):
            "\(path) cannot take an OCI image layout: \(reason); remove it or name another folder"
        case .damagedBlob(let expected, let actual):
            "blob \(expected) of the store holds other bytes (\(actual)): build again with --no-cache"
        case .noFileName(let path): "\(path) does not name a file"
        }
    }
}
