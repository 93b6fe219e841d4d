internal import FileSystem
internal import Jobs
internal import OCI
internal import Storage

/// Reads images of an OCI image layout into the store. Nothing in it is trusted: every byte is verified. Blocks.
///
/// https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
struct LayoutReader {
    private static let nameKey = "org.opencontainers.image.ref.name"
    private static let documentLimit = 8 << 20

    private let path: String
    private let folder: OpenFile
    private let blobs: BlobStore
    private let flag: CancellationFlag

    /// Throws `CancellationError` once the flag is raised.
    init(folder path: String, blobs: BlobStore, _ flag: CancellationFlag) throws {
        self.flag = flag
        self.path = path
        self.blobs = blobs
        folder = try HostFiles.ofProcess.open(path, [.pathOnly, .directory])
    }

    /// - Parameter reference: `TAG`, `@DIGEST`, or both; nil is the only image, or that named `latest`.
    func image(_ reference: String?, _ platform: Platform) throws -> ResolvedImage {
        var descriptor = try choice(index(), reference, platform)
        // An index of indexes is allowed; more than a few levels are not made by anyone.
        for _ in 0..<3 where descriptor.mediaType.isIndex {
            let index = try OCIDocument.decode(ImageIndex.self, from: document(descriptor))
            guard let child = index.manifest(for: platform) else {
                let found = index.manifests.compactMap(\.platform?.description).joined(separator: ", ")
                throw failure(
                    "\(name(reference)) has no image for \(platform); it has \(found.isEmpty ? "none" : found)")
            }
            descriptor = child
        }
        guard descriptor.mediaType.isManifest else {
            throw failure("\(name(reference)) is of type \(descriptor.mediaType.rawValue), which is no image")
        }
        return try resolved(descriptor, reference)
    }

    private func resolved(_ descriptor: Descriptor, _ reference: String?) throws -> ResolvedImage {
        let manifest = try OCIDocument.decode(ImageManifest.self, from: document(descriptor))
        let config = try OCIDocument.decode(ImageConfig.self, from: document(manifest.config))
        guard config.rootfs.diffIDs.count == manifest.layers.count else {
            throw failure(
                "\(name(reference)) has \(manifest.layers.count) layers, its config \(config.rootfs.diffIDs.count)")
        }
        for blob in [descriptor, manifest.config] + manifest.layers { try copy(blob) }
        return ResolvedImage(
            reference: "oci-layout://\(path)\(reference.map { $0.hasPrefix("@") ? $0 : ":\($0)" } ?? "")", source: nil,
            manifest: Descriptor(mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size),
            config: manifest.config, layers: manifest.layers, diffIDs: config.rootfs.diffIDs)
    }

    // MARK: The index

    private func index() throws -> ImageIndex {
        let bytes: [UInt8]?
        do throws(SystemError) {
            bytes = try folder.openBeneath("index.json", [.read, .nonBlocking]).readAll(limit: Self.documentLimit)
        } catch {
            throw failure(error.isNotFound ? "it has no index.json: it is no OCI image layout" : "index.json: \(error)")
        }
        guard let bytes else { throw failure("index.json is larger than \(Self.documentLimit >> 20) MiB") }
        do {
            return try OCIDocument.decode(ImageIndex.self, from: bytes)
        } catch {
            throw failure("index.json: \(error)")
        }
    }

    private func choice(_ index: ImageIndex, _ reference: String?, _ platform: Platform) throws -> Descriptor {
        let (tag, digest) = try split(reference)
        var found = index.manifests
        if let digest {
            found = found.filter { $0.digest == digest }
        } else if let tag {
            found = found.filter { Self.isNamed($0, tag) }
        } else if found.count > 1 {
            let latest = found.filter { Self.isNamed($0, "latest") }
            found = latest.isEmpty ? found : latest
        }
        if Set(found.map(\.digest)).count > 1 {
            found = ImageIndex(manifests: found).manifest(for: platform).map { [$0] } ?? found
        }
        guard let first = found.first, Set(found.map(\.digest)).count == 1 else {
            let names = index.manifests.compactMap { $0.annotations?[Self.nameKey] }.sorted().joined(separator: ", ")
            let what = found.isEmpty ? "there is no \(name(reference))" : "there are several images: say which"
            throw failure("\(what); it has \(names.isEmpty ? "no names" : names)")
        }
        return first
    }

    /// A name is a tag, or as some tools write it, a whole reference.
    private static func isNamed(_ descriptor: Descriptor, _ tag: String) -> Bool {
        let name = descriptor.annotations?[nameKey]
        return name == tag || name?.hasSuffix(":\(tag)") == true
    }

    private func split(_ reference: String?) throws -> (tag: String?, digest: Digest?) {
        guard let reference else { return (nil, nil) }
        let parts = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        return (
            parts[0].isEmpty ? nil : String(parts[0]), try parts.count > 1 ? Digest(String(parts[1])) : nil
        )
    }

    // MARK: Blobs

    /// A manifest, index or config, verified.
    private func document(_ descriptor: Descriptor) throws -> [UInt8] {
        guard descriptor.size <= Self.documentLimit else {
            throw failure("\(descriptor.digest) is larger than \(Self.documentLimit >> 20) MiB")
        }
        let bytes = try open(descriptor.digest).readAll(limit: Self.documentLimit) ?? []
        guard Digest(of: bytes) == descriptor.digest else { throw failure("the blob \(descriptor.digest) is damaged") }
        return bytes
    }

    /// A blob into the store, verified.
    func copy(_ descriptor: Descriptor) throws {
        guard try blobs.size(of: descriptor.digest) != descriptor.size else { return }
        let file = try open(descriptor.digest)
        let writer = try blobs.makeWriter()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try file.read(into: buffer), count > 0 {
            try flag.check()
            guard writer.bytesWritten + Int64(count) <= descriptor.size else {
                throw failure("the blob \(descriptor.digest) is larger than \(descriptor.size) bytes")
            }
            try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        do throws(StorageError) {
            try writer.commit(expecting: descriptor.digest, size: descriptor.size)
        } catch .digestMismatch, .sizeMismatch {
            throw failure("the blob \(descriptor.digest) is damaged")
        }
    }

    private func open(_ digest: Digest) throws -> OpenFile {
        do throws(SystemError) {
            return try folder.openBeneath(FileName("blobs/sha256/\(digest.hex)"), [.read, .nonBlocking])
        } catch {
            throw failure(error.isNotFound ? "the blob \(digest) is missing" : "\(error)")
        }
    }

    private func name(_ reference: String?) -> String { reference ?? "the image" }

    private func failure(_ reason: String) -> JobFailure {
        let text = "oci-layout://\(path): \(reason)"
        return JobFailure(class: .context, message: text, summary: text)
    }
}
