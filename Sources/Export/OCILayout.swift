internal import FileSystem
internal import OCI
internal import Storage

extension ImageExport {
    /// Writes an OCI image layout (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md), or extends
    /// one: descriptors of the same name are replaced, others stay, blobs that are there are not written again.
    ///
    /// `index.json` is replaced last, in one instant: a reader sees the old layout or the new one.
    public func writeOCILayout(to path: String) throws {
        let folder = try OpenFile.makeFolders(path)
        var index = try OCILayout.existingIndex(in: folder, path: path)
        let target = try OpenFile.makeFolders("\(path)/blobs/sha256")
        for blob in try allBlobs() { try copy(blob, to: target) }
        let names = Set(references.compactMap(\.tag))
        index.manifests.removeAll { entry in
            entry.annotations?[Self.tagAnnotation].map(names.contains) ?? (entry.digest == manifest.digest)
        }
        index.manifests += indexEntries
        try ExportTarget("\(path)/oci-layout").replace { try $0.writeAll(OCILayout.marker) }
        try ExportTarget("\(path)/index.json").replace { try $0.writeAll(OCIDocument.encode(index)) }
    }

    private func copy(_ blob: Descriptor, to folder: OpenFile) throws {
        let name = FileName(blob.digest.hex)
        if try folder.statusIfPresent(of: name)?.size == blob.size { return }
        let temporary = FileName(".\(blob.digest.hex).part")
        let file = try folder.open(temporary, [.write, .create, .truncate, .noFollow], mode: 0o644)
        do {
            try ExportTarget.copy(blob.digest, of: blobs) { try file.writeAll($0) }
            try folder.rename(temporary, to: name, in: folder)
        } catch {
            try folder.unlink(temporary)
            throw error
        }
    }
}

/// The fixed files of an image layout.
enum OCILayout {
    static let marker = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)

    /// The index of a layout that is there, an empty one for an empty folder; a folder with other files is refused.
    static func existingIndex(in folder: OpenFile, path: String) throws -> ImageIndex {
        let names = Set(try folder.entries().map(\.name.description))
        if names.isEmpty { return ImageIndex(manifests: []) }
        guard names.contains("oci-layout") || names.isSubset(of: ["blobs"]) else {
            throw ExportError.notALayout(path: path, reason: "it holds files and no oci-layout")
        }
        guard names.contains("index.json") else { return ImageIndex(manifests: []) }
        do {
            let bytes = try folder.open("index.json", [.read, .noFollow]).readAll(limit: 64 << 20) ?? []
            return try OCIDocument.decode(ImageIndex.self, from: bytes)
        } catch {
            throw ExportError.notALayout(path: path, reason: "its index.json cannot be read (\(error))")
        }
    }
}
