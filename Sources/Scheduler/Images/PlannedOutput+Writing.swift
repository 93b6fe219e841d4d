internal import Export
internal import FileSystem
internal import Planning
internal import SystemPackage

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
        guard let place = try place() else { return }
        switch self {
        case .push: break
        case .oci: try export.writeOCILayout(to: place)
        case .onlyOCI: try export.writeOnlyOCILayout(to: place)
        case .ociArchive: try export.writeOCIArchive(to: place)
        case .dockerArchive: try export.writeDockerArchive(to: place)
        }
    }

    /// The same path in the folder that it was in before the root became an image's.
    private func place() throws(SystemError) -> String? {
        guard let path = path.map({ FilePath($0) }), let name = path.lastComponent else { return path }
        return FilePath(try HostFiles.ofProcess.folder(path.removingLastComponent().string)).appending(name).string
    }
}
