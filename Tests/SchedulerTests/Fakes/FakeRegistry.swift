import Jobs
import OCI
import Scheduler
import Storage
import Synchronization
import SystemPackage

/// Registries in memory that count what they are asked.
final class FakeRegistry: ImageRegistry {
    private struct State {
        var manifests: [ImageReference: RemoteManifest] = [:]
        var blobs: [Digest: [UInt8]] = [:]
        var repositories: [String: Set<Digest>] = [:]
        var tags: [ImageReference: Digest] = [:]
        var log: [String] = []
        var putFailures: [JobFailure] = []
        var stall: (@Sendable () async throws -> Void)?
        var lookUpFailure: JobFailure?
    }

    private let state = Mutex(State())

    /// What was asked, sorted: tasks ask in any order.
    var log: [String] { state.withLock { $0.log.sorted() } }
    var tags: [ImageReference: Digest] { state.withLock { $0.tags } }

    func setTag(_ reference: ImageReference, _ digest: Digest) { state.withLock { $0.tags[reference] = digest } }

    /// What tags are is not said any more.
    func failLookUps(_ failure: JobFailure) { state.withLock { $0.lookUpFailure = failure } }

    /// Lets a reference name an index; its manifest stays what it is.
    func setIndex(_ reference: ImageReference, _ index: [UInt8]) {
        state.withLock { $0.manifests[reference]?.index = index }
        setTag(reference, Digest(of: index))
    }

    /// The next manifest pushes fail like this.
    func failNextPuts(_ failures: [JobFailure]) { state.withLock { $0.putFailures = failures } }

    /// Every manifest push waits for this first.
    func stallPuts(_ body: @escaping @Sendable () async throws -> Void) { state.withLock { $0.stall = body } }

    /// Puts an image with the given layers behind the reference.
    func add(_ reference: ImageReference, layers: [[UInt8]]) throws -> ImageManifest {
        var config = ImageConfig(platform: .host)
        config.rootfs.diffIDs = layers.map { Digest(of: $0) }
        let configBytes = try OCIDocument.encode(config)
        let manifest = ImageManifest(
            config: Descriptor(
                mediaType: .imageConfig, digest: Digest(of: configBytes), size: Int64(configBytes.count)),
            layers: layers.map { Descriptor(mediaType: .layer, digest: Digest(of: $0), size: Int64($0.count)) })
        let bytes = try OCIDocument.encode(manifest)
        let descriptor = Descriptor(mediaType: .imageManifest, digest: Digest(of: bytes), size: Int64(bytes.count))
        state.withLock { state in
            for blob in layers + [configBytes] { state.blobs[Digest(of: blob)] = blob }
            state.manifests[reference] = RemoteManifest(
                reference: reference.pinned(to: descriptor.digest), bytes: bytes, descriptor: descriptor)
        }
        return manifest
    }

    func manifest(of reference: ImageReference, platform: Platform) async throws -> RemoteManifest {
        note("manifest \(reference.familiar)")
        guard let manifest = state.withLock({ $0.manifests[reference] }) else {
            throw JobFailure(class: .registry, message: "no \(reference.familiar)", summary: "no such image")
        }
        return manifest
    }

    func fetch(_ blob: Descriptor, from reference: ImageReference, into store: BlobStore) async throws {
        guard try store.size(of: blob.digest) != blob.size else { return }
        note("fetch \(blob.digest.short)")
        guard let bytes = state.withLock({ $0.blobs[blob.digest] }) else { throw StorageError.blobMissing(blob.digest) }
        _ = try store.write(bytes)
    }

    func hasBlob(_ digest: Digest, in reference: ImageReference) async throws -> Bool {
        state.withLock { $0.repositories[reference.name]?.contains(digest) == true }
    }

    func send(_ blob: Descriptor, from file: FilePath, to reference: ImageReference) async throws {
        let isNew = state.withLock { $0.repositories[reference.name, default: []].insert(blob.digest).inserted }
        if isNew { note("send \(blob.digest.short) to \(reference.name)") }
    }

    func blobSize(_ digest: Digest, in reference: ImageReference) async throws -> Int64? {
        state.withLock { $0.blobs[digest].map { Int64($0.count) } }
    }

    func mount(_ blob: Descriptor, from source: ImageReference, to reference: ImageReference) async throws -> Bool {
        let isPossible = state.withLock { state in
            guard source.registry == reference.registry, state.blobs[blob.digest] != nil else { return false }
            state.repositories[reference.name, default: []].insert(blob.digest)
            return true
        }
        if isPossible { note("mount \(blob.digest.short) into \(reference.name)") }
        return isPossible
    }

    func replace(_ blob: Descriptor, from file: FilePath, in reference: ImageReference) async throws {
        try await send(blob, from: file, to: reference)
    }

    func referrers(
        of digest: Digest, in reference: ImageReference, artifactType: String?
    ) async throws -> [Descriptor] { [] }

    func digest(of reference: ImageReference) async throws -> Digest? { state.withLock { $0.tags[reference] } }

    func pullDigest(of reference: ImageReference) async throws -> Digest? {
        if let failure = state.withLock({ $0.lookUpFailure }) { throw failure }
        return try await digest(of: reference)
    }

    func put(_ manifest: [UInt8], mediaType: MediaType, to reference: ImageReference) async throws {
        let (stall, failure) = state.withLock { state in
            (state.stall, state.putFailures.isEmpty ? nil : state.putFailures.removeFirst())
        }
        try await stall?()
        if let failure { throw failure }
        note("put \(reference.familiar)")
        setTag(reference, Digest(of: manifest))
    }

    private func note(_ text: String) { state.withLock { $0.log.append(text) } }
}
