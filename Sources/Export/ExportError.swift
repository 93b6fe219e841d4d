public import FileSystem
public import OCI

/// What can go wrong when an image is written to a folder or file.
public enum ExportError: Error, Hashable {
    /// A system call failed on the output.
    case system(SystemError, doing: String)
    /// The folder is there and holds something else than an image layout.
    case notALayout(path: String, reason: String)
    /// The descriptor does not name the manifest of one image.
    case notAManifest(Digest, MediaType)
    /// A path that does not name a file.
    case noFileName(String)
    /// A manifest whose layers are not those of its config.
    case layersDiffer(Digest, layers: Int, diffIDs: Int)
}

extension ExportError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system(let error, let doing): "\(doing): \(error)"
        case .notALayout(let path, let reason):
            "\(path) cannot take an OCI image layout: \(reason); remove it or name another folder"
        case .noFileName(let path): "\(path) does not name a file"
        case .notAManifest(let digest, let type): "\(digest) is no image manifest but \(type.rawValue)"
        case .layersDiffer(let digest, let layers, let diffIDs):
            "image manifest \(digest) has \(layers) layers, its config \(diffIDs)"
        }
    }
}

/// Says what was being done when a system call on an output failed.
@discardableResult
func exporting<Result>(_ doing: String, _ body: () throws(SystemError) -> Result) throws(ExportError) -> Result {
    do {
        return try body()
    } catch {
        throw .system(error, doing: doing)
    }
}
