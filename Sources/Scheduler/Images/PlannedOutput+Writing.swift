internal import Export
internal import Planning

extension PlannedOutput {
    /// The file or folder that is written; nil for a registry.
    var path: String? {
        switch self {
        case .push: nil
        case .oci(let path), .onlyOCI(let path), .ociArchive(let path), .dockerArchive(let path): path
        }
    }

    /// Writes the image; blocks. A registry is not written here.
    func write(_ export: ImageExport) throws {
        switch self {
        case .push: break
        case .oci(let path): try export.writeOCILayout(to: path)
        case .onlyOCI(let path): try export.writeOnlyOCILayout(to: path)
        case .ociArchive(let path): try export.writeOCIArchive(to: path)
        case .dockerArchive(let path): try export.writeDockerArchive(to: path)
        }
    }
}
