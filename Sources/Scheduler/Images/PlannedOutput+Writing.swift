internal import Export
internal import OCI
internal import Planning
internal import Storage
internal import SystemPackage

extension PlannedOutput {
    /// The file or folder that is written; nil for a registry.
    var path: String? {
        switch self {
        case .push: nil
        case .oci(let path), .ociArchive(let path), .dockerArchive(let path): path
        }
    }
}
extension PlannedOutput {
    func write(_ manifest: Descriptor, tags: [ImageReference], blobs: BlobStore) throws {}
}
