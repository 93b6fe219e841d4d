internal import FileSystem
internal import OCI
public import Storage
internal import Synchronization
internal import SystemPackage

/// Where base images come from beside registries.
public struct BaseSources: Sendable {
    /// Looked into in this order.
    public var caches: [BaseCache] = []
    /// What references were in earlier runs; nil keeps no record.
    public var records: ReferenceRecords?
    /// Registries are not asked: what references were is what they are.
    public var isOffline = false

    /// Gets a line for people, once for a folder that cannot be read: then it has nothing.
    public var warn: @Sendable (String) async -> Void = { _ in }
    private let told = ToldFolders()

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
            guard let entry = await reading(cache, { try cache.entry(reference, platform) }) else { continue }
            if digest == nil { digest = try await current(reference, registry) }
            // Nobody says what it is: then the registry is asked for all, and says why.
            guard let digest else { return nil }
            guard digest == entry.digest || digest == entry.manifest.digest else { continue }
            if let found = await reading(cache, { try manifest(entry, reference, in: cache) }) { return found }
        }
        return nil
    }

    /// What a folder gives; nil where it cannot be read.
    private func reading<Value>(_ cache: BaseCache, _ body: () throws -> Value?) async -> Value? {
        do {
            return try body()
        } catch {
            await tell(error, of: cache)
            return nil
        }
    }

    private func tell(_ error: any Error, of cache: BaseCache) async {
        guard told.insert(cache.path.string) else { return }
        let told = error as? OfflineError ?? .damagedBaseCache(cache.path.string, reason: "\(error)")
        await warn("\(told)")
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

    /// What a reference is as far as this machine knows. A folder that cannot be read is an error if nothing else knows it.
    func known(_ reference: ImageReference, _ platform: Platform, blobs: BlobStore) throws -> RemoteManifest? {
        var fault: (any Error)?
        for cache in caches {
            do {
                guard let entry = try cache.entry(reference, platform) else { continue }
                if let found = try manifest(entry, reference, in: cache) { return found }
            } catch {
                fault = fault ?? error
            }
        }
        if let found = try recorded(reference, platform, blobs: blobs) { return found }
        if let fault { throw fault }
        return nil
    }

    private func recorded(_ reference: ImageReference, _ platform: Platform, blobs: BlobStore) throws
        -> RemoteManifest?
    {
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
        for cache in caches where try blobs.size(of: blob.digest) != blob.size {
            do {
                if try await BlockingWork.run({ try cache.supply(blob, to: blobs) }) { return }
            } catch let error as SystemError {
                // The store's own errors are others.
                await tell(error, of: cache)
            }
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

/// Folders of which people know.
private final class ToldFolders: Sendable {
    private let paths = Mutex<Set<String>>([])

    /// Whether this is the first time.
    func insert(_ path: String) -> Bool { paths.withLock { $0.insert(path).inserted } }
}
