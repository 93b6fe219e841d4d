internal import OCI
public import Storage

/// Where base images come from beside registries.
public struct BaseSources: Sendable {
    /// Looked into in this order.
    public var caches: [BaseCache] = []
    /// What references were in earlier runs; nil keeps no record.
    public var records: ReferenceRecords?
    /// Registries are not asked: what references were is what they are.
    public var isOffline = false

    /// Registries only.
    public init() {}

    /// What a reference is, without asking for more than the digest of its tag: what a folder has only counts if the
    /// registry still has it. Nil if the registry is to be asked for all.
    func manifest(
        of reference: ImageReference, _ platform: Platform, blobs: BlobStore, registry: any ImageRegistry
    ) async throws -> RemoteManifest? {
        if isOffline {
            guard let known = try known(reference, platform, blobs: blobs) else {
                throw OfflineError.unknownImages([reference.familiar])
            }
            return known
        }
        var digest = reference.digest
        for cache in caches {
            guard let entry = try cache.entry(reference, platform) else { continue }
            if digest == nil { digest = try await current(reference, registry) }
            // Nobody says what it is: then the registry is asked for all, and says why.
            guard let digest else { return nil }
            guard digest == entry.digest || digest == entry.manifest.digest else { continue }
            if let found = try manifest(entry, reference, in: cache) { return found }
        }
        return nil
    }

    /// The digest of a tag where it is pulled from; nil if that cannot be had.
    private func current(_ reference: ImageReference, _ registry: any ImageRegistry) async throws -> Digest? {
        do {
            return try await registry.pullDigest(of: reference)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return nil
        }
    }

    /// What a reference is as far as this machine knows.
    func known(_ reference: ImageReference, _ platform: Platform, blobs: BlobStore) throws -> RemoteManifest? {
        for cache in caches {
            guard let entry = try cache.entry(reference, platform) else { continue }
            if let found = try manifest(entry, reference, in: cache) { return found }
        }
        guard let record = try records?.find(reference, platform) else { return nil }
        do {
            return RemoteManifest(
                reference: reference.pinned(to: record.manifest.digest), bytes: try blobs.read(record.manifest.digest),
                descriptor: record.manifest)
        } catch StorageError.blobMissing, StorageError.digestMismatch {
            return nil
        }
    }

    private func manifest(_ entry: BaseCache.Entry, _ reference: ImageReference, in cache: BaseCache) throws
        -> RemoteManifest?
    {
        guard let bytes = try cache.document(entry.manifest) else { return nil }
        return RemoteManifest(
            reference: reference.pinned(to: entry.manifest.digest), bytes: bytes, descriptor: entry.descriptor)
    }

    /// Makes sure that a blob is in the store.
    func fetch(
        _ blob: Descriptor, from reference: ImageReference, into blobs: BlobStore, registry: any ImageRegistry
    ) async throws {
        if !caches.isEmpty, try blobs.size(of: blob.digest) != blob.size {
            let isSupplied = try await BlockingWork.run { [caches] in
                try caches.contains { try $0.supply(blob, to: blobs) }
            }
            if isSupplied { return }
        }
        if isOffline, try blobs.size(of: blob.digest) != blob.size {
            throw OfflineError.missingLayer(blob.digest, reference: reference.familiar)
        }
        try await registry.fetch(blob, from: reference, into: blobs)
    }

    func note(_ manifest: RemoteManifest, _ reference: ImageReference, _ platform: Platform) throws {
        try records?.note(
            ReferenceRecord(reference: reference, platform: platform, manifest: manifest.descriptor))
    }
}
