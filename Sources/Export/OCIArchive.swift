internal import OCI

extension ImageExport {
    /// Writes the image as an OCI archive: the tar of a layout that holds it alone, each tag a descriptor.
    ///
    /// The file appears complete, or not at all; one that is there is replaced. The same image gives the same bytes.
    public func writeOCIArchive(to path: String) throws {
        let image = try ImageBlobs(self)
        var index = LayoutIndex()
        try index.name(manifest, tags)
        var archive = try ArchiveFile(path)
        try archive.addFile("oci-layout", OCILayout.version)
        try archive.addFile("index.json", index.encoded())
        try archive.addFolder("blobs")
        try archive.addFolder("blobs/sha256")
        for part in (image.parts + [manifest]).sorted(by: { $0.digest < $1.digest }) {
            try archive.addFile("blobs/sha256/\(part.digest.hex)", size: part.size) { try image.read(part, $0) }
        }
        try archive.commit()
    }
}
