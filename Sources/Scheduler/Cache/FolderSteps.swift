internal import Export
internal import FileSystem
internal import Jobs
internal import OCI
internal import Storage

/// An OCI layout with a manifest for each step, named by the 64 digits of its key: shared through a file system.
struct FolderSteps: StepPlace {
    let folder: String
    let blobs: BlobStore
    private let index: LayoutNames

    init(folder: String, blobs: BlobStore) {
        self.folder = folder
        self.blobs = blobs
        index = LayoutNames(folder: folder)
    }

    func find(_ key: Digest) async throws -> FoundStep? {
        try await BlockingWork.run { [self] in
            guard let descriptor = try index.manifest(named: key.hex) else { return nil }
            let bytes = try read(descriptor)
            let step = try StepEntry.parse(bytes, key: key)
            let size = try size(of: step.layer.digest)
            guard size == step.layer.size else {
                throw StepFault("its layer \(step.layer.digest) has \(size ?? 0) bytes instead of \(step.layer.size)")
            }
            return FoundStep(step: step, source: .folder(folder))
        }
    }

    func has(_ key: Digest) async throws -> Bool {
        try await BlockingWork.run { [self] in try index.manifest(named: key.hex) != nil }
    }

    func put(_ step: SharedStep, replacing: Bool) async throws {
        let documents = try StepEntry.documents(of: step)
        try await BlockingWork.run { [self] in
            if replacing { try remove(step.layer.digest) }
            _ = try blobs.write(documents.config)
            let manifest = try blobs.write(documents.manifest)
            try ImageExport(
                manifest: Descriptor(
                    mediaType: .imageManifest, digest: manifest, size: Int64(documents.manifest.count)),
                // Only its tag becomes a name.
                references: [try ImageReference("localhost/steps:\(step.key.hex)")], blobs: blobs
            ).writeOCILayout(to: HostFiles.ofProcess.folder(folder))
        }
    }

    // MARK: - Files

    private func read(_ descriptor: Descriptor) throws -> [UInt8] {
        let root = try HostFiles.ofProcess.open(folder, [.pathOnly, .directory])
        guard try root.statusIfPresent(of: Self.name(of: descriptor.digest)) != nil else {
            throw StepFault("its manifest is not there")
        }
        let file = try root.openBeneath(Self.name(of: descriptor.digest), [.read, .nonBlocking])
        guard let bytes = try file.readAll(limit: 1 << 20), Digest(of: bytes) == descriptor.digest else {
            throw StepFault("its manifest is damaged")
        }
        return bytes
    }

    private func size(of digest: Digest) throws -> Int64? {
        try HostFiles.ofProcess.open(folder, [.pathOnly, .directory]).statusIfPresent(of: Self.name(of: digest))?.size
    }

    private func remove(_ digest: Digest) throws {
        do {
            try HostFiles.ofProcess.open(folder, [.pathOnly, .directory]).unlink(Self.name(of: digest))
        } catch {
            if !error.isNotFound { throw error }
        }
    }

    private static func name(of digest: Digest) -> FileName { FileName("blobs/sha256/\(digest.hex)") }
}
