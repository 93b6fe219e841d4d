internal import FileSystem
public import OCI

/// Removes images from an OCI image layout. Nobody else writes to the layout for as long as this value lives; who reads
/// it meanwhile finds an image or does not.
public struct LayoutCleaning {
    /// A name of the layout, and the manifest of one image behind it.
    public struct Image: Hashable, Sendable {
        public var name: String
        public var digest: Digest
        /// The manifest's.
        public var annotations: [String: String]
        /// Of its layers, as they are stored.
        public var sizeInBytes: Int64
    }

    private static let documentLimit = 8 << 20

    private let layout: OCILayout

    /// Waits for whoever writes to the layout now. Throws `ExportError` for a folder that is none.
    public init(_ path: String) throws {
        do throws(SystemError) {
            _ = try OpenFile.open(path, [.pathOnly, .directory]).status(of: "oci-layout")
        } catch {
            guard error.isNotFound else { throw ExportError.system(error, doing: "opening \(path)") }
            throw ExportError.notALayout(path: path, reason: "there is none")
        }
        layout = try OCILayout(path)
    }

    /// Of the names that stand for one image whose manifest can be read; in the order of the index.
    public func images() throws -> [Image] {
        try layout.readIndex().entries.compactMap { entry in
            guard let name = entry.name, let manifest = try manifest(entry.descriptor) else { return nil }
            return Image(
                name: name, digest: entry.descriptor.digest, annotations: manifest.annotations ?? [:],
                sizeInBytes: manifest.layers.reduce(0) { $0 + $1.size })
        }
    }

    /// Removes names, then the blobs that nothing else of the layout has. What is interrupted leaves blobs without a name,
    /// which the next writer of the same image finds.
    public func remove(_ names: Set<String>) throws {
        defer { withExtendedLifetime(layout) {} }
        var index = try layout.readIndex()
        let gone = index.entries.filter { $0.name.map(names.contains) ?? false }
        index.remove(names)
        try layout.replaceIndex(index)
        let needed = try Set(index.entries.flatMap { try parts(of: $0.descriptor) })
        for digest in try Set(gone.flatMap { try parts(of: $0.descriptor) }).subtracting(needed) {
            try layout.removeBlob(digest)
        }
    }

    /// The blob itself and all that it names.
    private func parts(of descriptor: Descriptor) throws -> [Digest] {
        var digests = [descriptor.digest]
        if descriptor.mediaType.isIndex, let index = try document(ImageIndex.self, descriptor) {
            digests += try index.manifests.flatMap { try parts(of: $0) }
        } else if let manifest = try manifest(descriptor) {
            digests += ([manifest.config] + manifest.layers).map(\.digest)
        }
        return digests
    }

    private func manifest(_ descriptor: Descriptor) throws -> ImageManifest? {
        guard descriptor.mediaType.isManifest else { return nil }
        return try document(ImageManifest.self, descriptor)
    }

    /// Nil for what is missing, damaged, or no such document.
    private func document<Document: Decodable>(_ type: Document.Type, _ descriptor: Descriptor) throws -> Document? {
        guard let bytes = try layout.bytes(of: descriptor.digest, limit: Self.documentLimit),
            Digest(of: bytes) == descriptor.digest
        else { return nil }
        do throws(OCIError) {
            return try OCIDocument.decode(type, from: bytes)
        } catch {
            return nil
        }
    }
}
