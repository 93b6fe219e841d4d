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
    /// What the reference itself had. A claim: it counts if the folder has an index of that digest that names the manifest.
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
        let manifests = index.manifests.filter { $0.platform?.satisfies(platform) == true }
        if let digest = reference.digest {
            let named = try manifests.contains { $0.digest == digest } ? nil : child(of: digest, for: platform)
            return manifests.first { $0.digest == named ?? digest }.map { Entry(manifest: $0, digest: digest) }
        }
        let named = manifests.filter { $0.annotations?[Self.nameKey] == reference.description }
        guard let manifest = named.first(where: { $0.platform?.variant == platform.variant }) ?? named.first else {
            return nil
        }
        let claimed = manifest.annotations?[Self.digestKey].flatMap { try? Digest($0) }
        guard let claimed, try child(of: claimed, for: platform) == manifest.digest else {
            return Entry(manifest: manifest, digest: manifest.digest)
        }
        return Entry(manifest: manifest, digest: claimed)
    }

    /// The manifest for a platform that the index with a digest names; nil if the folder has no such index.
    private func child(of digest: Digest, for platform: Platform) throws -> Digest? {
        guard let bytes = try open(digest)?.readAll(limit: Self.documentLimit), Digest(of: bytes) == digest else {
            return nil
        }
        return (try? OCIDocument.decode(ImageIndex.self, from: bytes))?.manifest(for: platform)?.digest
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
        guard let file = try open(blob.digest), try file.status().size == blob.size else { return nil }
        return file
    }

    private func open(_ digest: Digest) throws(SystemError) -> OpenFile? {
        do {
            return try folder.openBeneath(FileName("blobs/sha256/\(digest.hex)"), [.read, .nonBlocking])
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
    }
}

extension BaseCache.Entry {
    /// Without what only the index has.
    var descriptor: Descriptor {
        Descriptor(mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size)
    }
}
