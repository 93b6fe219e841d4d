internal import Jobs
internal import OCI
internal import Registry
internal import Storage

/// A repository with an image manifest for each step, tagged with the 64 digits of its key.
struct RegistrySteps: StepPlace {
    let repository: ImageReference
    let registry: any ImageRegistry
    let blobs: BlobStore

    /// A GET of the manifest, and a HEAD of the layer.
    func find(_ key: Digest) async throws -> FoundStep? {
        let entry = try repository.tagged(key.hex)
        guard let bytes = try await manifest(entry) else { return nil }
        let step = try StepEntry.parse(bytes, key: key)
        try await registry.checkLayer(step.layer, in: entry)
        return FoundStep(step: step, source: .registry(entry))
    }

    func has(_ key: Digest) async throws -> Bool {
        try await registry.digest(of: repository.tagged(key.hex)) != nil
    }

    func put(_ step: SharedStep, replacing: Bool) async throws {
        let entry = try repository.tagged(step.key.hex)
        let documents = try StepEntry.documents(of: step)
        let layer = blobs.path(of: step.layer.digest)
        // A blob of another size is damaged: it would be taken for ours.
        let size = replacing ? nil : try await registry.blobSize(step.layer.digest, in: entry)
        if replacing || (size ?? step.layer.size) != step.layer.size {
            try await registry.replace(step.layer, from: layer, in: entry)
        } else {
            try await registry.send(step.layer, from: layer, to: entry)
        }
        let config = try await BlockingWork.run { [blobs] in try blobs.write(documents.config) }
        let descriptor = Descriptor(mediaType: .imageConfig, digest: config, size: Int64(documents.config.count))
        try await registry.send(descriptor, from: blobs.path(of: config), to: entry)
        try await registry.put(documents.manifest, mediaType: .imageManifest, to: entry)
    }

    /// Nil where the registry has none, and where it does not know the repository.
    private func manifest(_ entry: ImageReference) async throws -> [UInt8]? {
        do {
            return try await registry.manifest(of: entry, platform: .host).bytes
        } catch let error as RegistryError {
            switch error {
            case _ where error.isNotFound: return nil
            case .digestMismatch, .unsupportedManifest, .invalidManifest, .noSuchPlatform, .tooLarge:
                throw StepFault("\(error)")
            default: throw error
            }
        }
    }
}

extension ImageRegistry {
    /// Throws `StepFault` when the layer is not there in its size.
    func checkLayer(_ layer: Descriptor, in reference: ImageReference) async throws {
        let size = try await blobSize(layer.digest, in: reference)
        guard let size else { throw StepFault("its layer \(layer.digest) is not there") }
        guard size == layer.size else {
            throw StepFault("its layer \(layer.digest) has \(size) bytes instead of \(layer.size)")
        }
    }
}
