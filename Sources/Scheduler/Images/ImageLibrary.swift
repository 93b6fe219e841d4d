internal import Jobs
internal import OCI
internal import Planning
internal import Registry
internal import Storage
internal import Synchronization

/// The images that executors of one run build on: those just built, and those of registries, each fetched once.
final class ImageLibrary: Sendable {
    private struct Wanted: Hashable, Sendable {
        let reference: ImageReference
        let platform: Platform
    }

    private struct State {
        /// By position in the plan.
        var built: [Int: ResolvedImage] = [:]
        /// Where a layer can be fetched from, the best first.
        var sources: [Digest: [BlobSource]] = [:]
        /// Layers of steps that other machines ran.
        var shared: Set<Digest> = []
    }

    let blobs: BlobStore
    let registry: any ImageRegistry
    private let bases: BaseSources
    private let plan: BuildPlan
    /// Called for each reference of a registry that was resolved.
    private let saw: @Sendable (ImageReference, Digest) async -> Void
    private let resolutions = SharedWork<Wanted, ResolvedImage>()
    private let state = Mutex(State())

    init(
        plan: BuildPlan, blobs: BlobStore, registry: any ImageRegistry, bases: BaseSources = BaseSources(),
        saw: @escaping @Sendable (ImageReference, Digest) async -> Void
    ) {
        self.saw = saw
        self.plan = plan
        self.blobs = blobs
        self.registry = registry
        self.bases = bases
    }

    /// Whether no registry is asked.
    var isOffline: Bool { bases.isOffline }

    /// From now on this is what other images of the batch get.
    func add(_ result: JobResult, of image: Int) {
        let resolved = ResolvedImage(
            reference: plan.images[image].name, source: nil, manifest: result.manifest, config: result.config,
            layers: result.layers, diffIDs: result.diffIDs)
        state.withLock { $0.built[image] = resolved }
    }

    /// Makes sure that blobs are in the store, wherever in this run they were seen; several at a time. What is known to be
    /// in `own` comes from there: other images' registries may be out of reach.
    func fetch(_ wanted: [Descriptor], from own: ImageReference? = nil) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for blob in Set(wanted) where try blobs.size(of: blob.digest) != blob.size {
                guard let source = source(of: blob.digest, preferring: own) else {
                    throw StorageError.blobMissing(blob.digest)
                }
                group.addTask { try await self.fetch(blob, from: source) }
            }
            try await group.waitForAll()
        }
    }

    /// From now on the layer of a step is fetched from there, once it is needed.
    func note(_ source: BlobSource, of digest: Digest) {
        state.withLock { state in
            if state.sources[digest] == nil { state.sources[digest] = [source] }
            state.shared.insert(digest)
        }
    }

    /// The layer of a step is not where it was said to be.
    func forget(_ digest: Digest) { state.withLock { _ = $0.sources.removeValue(forKey: digest) } }

    func source(of digest: Digest) -> BlobSource? { state.withLock { $0.sources[digest]?.first } }

    private func source(of digest: Digest, preferring own: ImageReference?) -> BlobSource? {
        let own = own.map(BlobSource.registry)
        guard let known = state.withLock({ $0.sources[digest] }) else { return own }
        return known.first { $0 == own } ?? known.first
    }

    /// Throws `LostLayer` when it is the layer of a step that another machine ran.
    private func fetch(_ blob: Descriptor, from source: BlobSource) async throws {
        do {
            switch source {
            case .registry(let reference):
                try await bases.fetch(blob, from: reference, into: blobs, registry: registry)
            case .folder(let path):
                try await BlockingWork.run(checking: { [blobs] flag in
                    try LayoutReader(folder: path, blobs: blobs, flag).copy(blob)
                })
            }
        } catch let error where !(error is CancellationError) && state.withLock({ $0.shared.contains(blob.digest) }) {
            throw LostLayer(digest: blob.digest, cause: error)
        }
    }
}

// MARK: - Requests

extension ImageLibrary {
    /// An image of the batch that has the reference is preferred, unless another platform is asked for.
    func resolve(_ reference: ImageReference, _ platform: Platform, for image: Int) async throws
        -> ResolvedImage
    {
        if let name = plan.owner(of: reference, platform: platform) {
            return try sibling(named: name, for: image)
        }
        let wanted = Wanted(reference: reference, platform: platform)
        return try await resolutions.value(for: wanted) { try await self.download(wanted) }
    }

    /// Never an older one: an image of the batch is what this run made of it.
    func sibling(named name: String, for image: Int) throws(JobFailure) -> ResolvedImage {
        let built = plan.position(named: name).flatMap { position in state.withLock { $0.built[position] } }
        guard var built else {
            let text =
                "\"\(name)\" is an image of this batch that is not built yet, and nothing in the Dockerfile says early"
                + " enough that \"\(plan.images[image].name)\" needs it; add `needs: [\(name)]`"
            throw JobFailure(class: .dockerfile, message: text, summary: text)
        }
        built.source = try missingSource(of: built.layers)
        return built
    }

    /// Where to fetch what a cached build never fetched itself; nil when the store has all.
    private func missingSource(of layers: [Descriptor]) throws(JobFailure) -> ImageReference? {
        do {
            guard let missing = try layers.first(where: { try blobs.size(of: $0.digest) != $0.size }) else {
                return nil
            }
            switch source(of: missing.digest) {
            case .registry(let reference)?: return reference
            // It says that something is missing; each layer has its own source here.
            case .folder?: return try ImageReference("localhost/layout")
            case nil: return nil
            }
        } catch {
            throw JobFailure(error)
        }
    }

    func fetchLayers(of image: ResolvedImage, _ indices: [Int]) async throws {
        guard indices.allSatisfy(image.layers.indices.contains) else {
            throw JobFailure(class: .internal, message: "no such layer of \(image.reference)", summary: "no such layer")
        }
        try await fetch(indices.map { image.layers[$0] }, from: image.source)
    }

    /// Manifest and config into the store.
    private func download(_ wanted: Wanted) async throws -> ResolvedImage {
        let known = try await bases.manifest(of: wanted.reference, wanted.platform, blobs: blobs, registry: registry)
        let remote =
            if let known { known } else {
                try await registry.manifest(of: wanted.reference, platform: wanted.platform)
            }
        let manifest = try OCIDocument.decode(ImageManifest.self, from: remote.bytes)
        _ = try await BlockingWork.run { [blobs] in try blobs.write(remote.bytes) }
        try await bases.fetch(manifest.config, from: remote.reference, into: blobs, registry: registry)
        let config = try await BlockingWork.run { [blobs] in
            try OCIDocument.decode(ImageConfig.self, from: blobs.read(manifest.config.digest))
        }
        guard config.rootfs.diffIDs.count == manifest.layers.count else {
            throw RegistryError.invalidManifest(
                reference: wanted.reference.description,
                reason: "it has \(manifest.layers.count) layers, its config \(config.rootfs.diffIDs.count)")
        }
        state.withLock { state in
            let source = BlobSource.registry(remote.reference)
            for layer in manifest.layers {
                state.sources[layer.digest, default: []].removeAll { $0 == source }
                state.sources[layer.digest, default: []].insert(source, at: 0)
            }
        }
        if !bases.isOffline {
            try bases.note(remote, wanted.reference, wanted.platform)
            await saw(wanted.reference, remote.descriptor.digest)
        }
        return ResolvedImage(
            reference: wanted.reference.description, source: remote.reference, manifest: remote.descriptor,
            config: manifest.config, layers: manifest.layers, diffIDs: config.rootfs.diffIDs)
    }
}

/// The layer of a step that another machine ran cannot be had.
struct LostLayer: Error, CustomStringConvertible {
    let digest: Digest
    let cause: any Error

    var description: String { "\(cause)" }
}
