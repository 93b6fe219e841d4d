internal import FileSystem
internal import OCI
internal import Storage
public import SystemPackage

/// A folder with base images that many machines may share: an OCI image layout that `warm --into` fills. It is only read
/// here, and not trusted: every byte is verified.
///
/// https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
public struct BaseCache: Sendable {
    static let nameKey = "org.opencontainers.image.ref.name"
    /// What the reference itself had, where that was an index.
    static let digestKey = "build-all.reference.digest"
    private static let documentLimit = 64 << 20

    /// One image of the folder.
    struct Entry: Sendable {
        /// Of the image for a platform.
        var manifest: Descriptor
        /// What the reference was when it was fetched: an index's digest, or the manifest's.
        var digest: Digest
    }

    let path: FilePath
    private let folder: OpenFile

    /// Throws if the folder cannot be read.
    public init(_ path: FilePath) throws {
        self.path = path
        folder = try OpenFile.open(path.string, [.pathOnly, .directory])
    }

    /// The image for a platform; by tag, or by the digest if the reference has one. Nil if there is none.
    func entry(_ reference: ImageReference, _ platform: Platform) throws -> Entry? {
        guard let index = try index() else { return nil }
        let entries = index.manifests.filter { $0.platform?.satisfies(platform) == true }.map(Entry.init)
        if let digest = reference.digest {
            return entries.first { $0.digest == digest || $0.manifest.digest == digest }
        }
        let named = entries.filter { $0.manifest.annotations?[Self.nameKey] == reference.description }
        return named.first { $0.manifest.platform?.variant == platform.variant } ?? named.first
    }

    /// A manifest or config, verified; nil if it is missing or damaged.
    func document(_ descriptor: Descriptor) throws -> [UInt8]? {
        guard let file = try open(descriptor), let bytes = try file.readAll(limit: Self.documentLimit),
            Digest(of: bytes) == descriptor.digest
        else { return nil }
        return bytes
    }

    /// Copies a blob into the store; false if it is missing or damaged. Blocks.
    func supply(_ blob: Descriptor, to store: BlobStore) throws -> Bool {
        guard let file = try open(blob) else { return false }
        let writer = try store.makeWriter()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try file.read(into: buffer), count > 0 {
            try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        do throws(StorageError) {
            try writer.commit(expecting: blob.digest, size: blob.size)
            return true
        } catch .digestMismatch, .sizeMismatch {
            return false
        }
    }

    private func index() throws -> ImageIndex? {
        let bytes: [UInt8]?
        do throws(SystemError) {
            let file = try folder.openBeneath("index.json", [.read, .nonBlocking])
            bytes = try file.readAll(limit: Self.documentLimit)
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
        do {
            return try bytes.map { try OCIDocument.decode(ImageIndex.self, from: $0) }
        } catch {
            throw OfflineError.damagedBaseCache(path.string, reason: "index.json: \(error)")
        }
    }

    /// Nil if there is none of that size.
    private func open(_ blob: Descriptor) throws(SystemError) -> OpenFile? {
        do {
            let file = try folder.openBeneath(FileName("blobs/sha256/\(blob.digest.hex)"), [.read, .nonBlocking])
            return try file.status().size == blob.size ? file : nil
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
    }
}

extension BaseCache.Entry {
    fileprivate init(_ descriptor: Descriptor) {
        manifest = descriptor
        let stated = descriptor.annotations?[BaseCache.digestKey].flatMap { try? Digest($0) }
        digest = stated ?? descriptor.digest
    }

    /// Without what only the index has.
    var descriptor: Descriptor {
        Descriptor(mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size)
    }
}
