public import Jobs
public import OCI
public import Planning
public import Storage

/// Fetches base images ahead of the builds that need them.
public struct ImageWarmer: Sendable {
    /// Where they go.
    public enum Target: Sendable {
        /// The store, where they are unpacked too: `unpack` does that, as an executor can.
        case store(BlobStore, ReferenceRecords, unpack: @Sendable (LayerStack) async throws -> Void)
        /// A folder for others to read.
        case folder(BaseCacheWriter)
    }

    /// An image that is there now.
    public struct Warmed: Hashable, Sendable {
        public var image: ExternalImage
        /// Of the manifest for the platform.
        public var digest: Digest
        /// Of config and layers, as they are sent.
        public var sizeInBytes: Int64
        /// What of it was not there before.
        public var fetchedBytes: Int64
        public var config: ImageConfig
    }

    /// Images at once; the layers of each are several again.
    private static let width = 4

    private let registry: any ImageRegistry
    private let target: Target
    private let say: @Sendable (String) -> Void

    /// `say` gets a line for people from time to time.
    public init(registry: any ImageRegistry, target: Target, say: @escaping @Sendable (String) -> Void) {
        self.registry = registry
        self.target = target
        self.say = say
    }

    /// Fetches images, several at once; one that fails does not stop the others. Results are in the order of the images.
    public func warm(_ images: [ExternalImage]) async -> [Result<Warmed, JobFailure>] {
        let gate = Gate(width: Self.width)
        return await withTaskGroup(of: (Int, Result<Warmed, JobFailure>).self) { group in
            for (place, image) in images.enumerated() {
                group.addTask { (place, await result(of: image, gate)) }
            }
            var results: [Int: Result<Warmed, JobFailure>] = [:]
            for await (place, result) in group { results[place] = result }
            return results.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    private func result(of image: ExternalImage, _ gate: Gate) async -> Result<Warmed, JobFailure> {
        do {
            return .success(try await gate.pass { try await fetch(image) })
        } catch {
            return .failure(JobFailure(error))
        }
    }

    private func fetch(_ image: ExternalImage) async throws -> Warmed {
        let remote = try await registry.manifest(of: image.reference, platform: image.platform)
        let manifest = try OCIDocument.decode(ImageManifest.self, from: remote.bytes)
        let blobs = Array(Set(manifest.layers + [manifest.config]))
        let fetched = try await ensure(blobs, of: remote, image)
        let store = store
        let config = try await BlockingWork.run {
            _ = try store.write(remote.bytes)
            return try OCIDocument.decode(ImageConfig.self, from: store.read(manifest.config.digest))
        }
        guard config.rootfs.diffIDs.count == manifest.layers.count else {
            let text =
                "\(image.reference) has \(manifest.layers.count) layers, its config \(config.rootfs.diffIDs.count)"
            throw JobFailure(class: .registry, message: text, summary: text)
        }
        try await keep(image, remote, LayerStack(layers: manifest.layers, diffIDs: config.rootfs.diffIDs))
        return Warmed(
            image: image, digest: remote.descriptor.digest, sizeInBytes: blobs.reduce(0) { $0 + $1.size },
            fetchedBytes: fetched, config: config)
    }

    private var store: BlobStore {
        switch target {
        case .store(let blobs, _, _): blobs
        case .folder(let folder): folder.blobs
        }
    }

    /// The bytes that were not there.
    private func ensure(_ blobs: [Descriptor], of remote: RemoteManifest, _ image: ExternalImage) async throws -> Int64
    {
        let missing = try blobs.filter { try store.size(of: $0.digest) != $0.size }
        if !missing.isEmpty {
            let size = missing.reduce(0) { $0 + $1.size }
            say("\(image.reference.familiar) \(image.platform): fetching \(missing.count) blobs, \(size) bytes")
        }
        return try await withThrowingTaskGroup(of: Int64.self) { group in
            for blob in missing {
                group.addTask {
                    switch target {
                    case .store(let store, _, _):
                        try await registry.fetch(blob, from: remote.reference, into: store)
                        return blob.size
                    case .folder(let folder):
                        return try await folder.ensure(blob, from: remote.reference, by: registry) ? blob.size : 0
                    }
                }
            }
            return try await group.reduce(0, +)
        }
    }

    /// Unpacks the image, or enters it in the folder's index; all its blobs are there.
    private func keep(_ image: ExternalImage, _ remote: RemoteManifest, _ stack: LayerStack) async throws {
        switch target {
        case .store(_, let records, let unpack):
            try await unpack(stack)
            try records.note(
                ReferenceRecord(reference: image.reference, platform: image.platform, manifest: remote.descriptor))
        case .folder(let folder):
            try await folder.name(image.reference, image.platform, remote)
        }
    }
}
