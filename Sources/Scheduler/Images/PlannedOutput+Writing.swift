internal import Export
internal import OCI
internal import Planning
internal import Storage

extension PlannedOutput {
    /// The file or folder that is written; nil for a registry.
    var path: String? {
        switch self {
        case .push: nil
        case .oci(let path), .ociArchive(let path), .dockerArchive(let path): path
        }
    }

    /// Writes the file or folder; a registry is another's work.
    func write(_ manifest: Descriptor, tags: [ImageReference], blobs: BlobStore) throws {
        let export = ImageExport(manifest: manifest, references: tags, blobs: blobs)
        switch self {
        case .push: break
        case .oci(let path): try export.writeOCILayout(to: path)
        case .ociArchive(let path): try export.writeOCIArchive(to: path)
        case .dockerArchive(let path): try export.writeDockerArchive(to: path)
        }
    }
}
