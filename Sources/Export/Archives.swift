internal import FileSystem
internal import Layers
internal import OCI
internal import Storage

/// A file as the sink of a tar stream.
private final class FileTarSink: ByteSink {
    private let file: OpenFile

    init(_ file: OpenFile) { self.file = file }

    func write(_ bytes: UnsafeRawBufferPointer) throws { try file.writeAll(bytes) }
}

/// Members of the archives: regular files and folders without owner and time, so that equal images give equal archives.
private struct ArchiveWriter {
    private var tar: TarWriter

    init(_ file: OpenFile) { tar = TarWriter(to: FileTarSink(file)) }

    mutating func addFolder(_ path: String) throws {
        try tar.add(TarEntry(path: FileName(path), kind: .directory, permissions: 0o755))
    }

    mutating func addFile(_ path: String, _ bytes: [UInt8]) throws {
        try tar.add(TarEntry(path: FileName(path), kind: .regular, permissions: 0o644, size: Int64(bytes.count)))
        try bytes.withUnsafeBytes { try tar.addContent($0) }
    }

    mutating func addBlob(_ path: String, _ blob: Descriptor, of blobs: BlobStore) throws {
        try tar.add(TarEntry(path: FileName(path), kind: .regular, permissions: 0o644, size: blob.size))
        try ExportTarget.copy(blob.digest, of: blobs) { try tar.addContent($0) }
    }

    mutating func addContent(_ path: String, of file: OpenFile, size: Int64) throws {
        try tar.add(TarEntry(path: FileName(path), kind: .regular, permissions: 0o644, size: size))
        var offset: Int64 = 0
        try tar.fillContent { buffer in
            let count = try file.read(into: buffer, at: offset)
            offset += Int64(count)
            return count
        }
    }

    mutating func finish() throws { try tar.finish() }
}

extension ImageExport {
    /// Writes an OCI image layout as one tar file; a file that is there is replaced.
    public func writeOCIArchive(to path: String) throws {
        try ExportTarget(path).replace { file in
            var archive = ArchiveWriter(file)
            try archive.addFile("oci-layout", OCILayout.marker)
            try archive.addFile("index.json", OCIDocument.encode(ImageIndex(manifests: indexEntries)))
            try archive.addFolder("blobs")
            try archive.addFolder("blobs/sha256")
            var seen: Set<Digest> = []
            for blob in try allBlobs() where seen.insert(blob.digest).inserted {
                try archive.addBlob("blobs/sha256/\(blob.digest.hex)", blob, of: blobs)
            }
            try archive.finish()
        }
    }

    /// Writes a file as `docker save` does, which `docker load`, podman and skopeo read; layers are not compressed in it.
    public func writeDockerArchive(to path: String) throws {
        let target = try ExportTarget(path)
        let document = try readManifest().document
        let config = try blobs.read(document.config.digest)
        let diffIDs = try OCIDocument.decode(ImageConfig.self, from: config).rootfs.diffIDs
        try target.replace { file in
            var archive = ArchiveWriter(file)
            var seen: Set<Digest> = []
            for (layer, diffID) in zip(document.layers, diffIDs) where seen.insert(diffID).inserted {
                try archive.addFolder(diffID.hex)
                try addLayer(layer, diffID, to: &archive, beside: target)
            }
            try archive.addFile("\(document.config.digest.hex).json", config)
            try archive.addFile("manifest.json", dockerManifest(config: document.config.digest, diffIDs))
            try archive.finish()
        }
    }

    /// A member's size comes before its content: the layer is unpacked to a file first.
    private func addLayer(
        _ layer: Descriptor, _ diffID: Digest, to archive: inout ArchiveWriter, beside target: ExportTarget
    ) throws {
        let name = FileName(".\(target.name).build-all-layer")
        let file = try target.folder.open(name, [.readWrite, .create, .truncate, .noFollow], mode: 0o600)
        // Nobody finds it by its name, and it is gone however this ends.
        try target.folder.unlink(name)
        let size = try writeUncompressed(layer, diffID: diffID, from: blobs, to: file)
        try archive.addContent("\(diffID.hex)/layer.tar", of: file, size: size)
    }

    private struct DockerManifest: Encodable {
        var config: String
        var repoTags: [String]
        var layers: [String]

        enum CodingKeys: String, CodingKey {
            case config = "Config"
            case repoTags = "RepoTags"
            case layers = "Layers"
        }
    }

    private func dockerManifest(config: Digest, _ diffIDs: [Digest]) throws -> [UInt8] {
        try OCIDocument.encode([
            DockerManifest(
                config: "\(config.hex).json", repoTags: references.map(\.familiar),
                layers: diffIDs.map { "\($0.hex)/layer.tar" })
        ])
    }
}
