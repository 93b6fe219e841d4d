internal import HTTP
public import OCI
public import Registry
public import Storage
public import SystemPackage

extension RegistryClient: ImageRegistry {
    public func manifest(of reference: ImageReference, platform: Platform) async throws -> RemoteManifest {
        let resolved = try await resolve(reference, platform: platform)
        return RemoteManifest(
            reference: resolved.reference, bytes: resolved.bytes, descriptor: resolved.descriptor, index: resolved.index
        )
    }

    public func fetch(_ blob: Descriptor, from reference: ImageReference, into store: BlobStore) async throws {
        try await fetchBlob(
            blob, from: reference, unless: { try store.size(of: blob.digest) == blob.size },
            into: { try StoreSink(store, blob) })
    }

    public func send(_ blob: Descriptor, from file: FilePath, to reference: ImageReference) async throws {
        try await upload(blob, from: file, to: reference)
    }

    public func put(_ manifest: [UInt8], mediaType: MediaType, to reference: ImageReference) async throws {
        try await putManifest(manifest, mediaType: mediaType, to: reference)
    }
}

/// A blob on its way into the store.
///
/// Safe because the client makes all calls one after the other.
private final class StoreSink: BodySink, @unchecked Sendable {
    private let store: BlobStore
    private let blob: Descriptor
    private var writer: BlobWriter?

    init(_ store: BlobStore, _ blob: Descriptor) throws(StorageError) {
        self.store = store
        self.blob = blob
        writer = try store.makeWriter(hashing: false)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws { try writer?.write(bytes) }
    func restart() throws { writer = try store.makeWriter(hashing: false) }
    func discard() { writer = nil }

    /// The client has verified digest and size.
    func commit() throws { try writer?.commit(trusting: blob.digest) }
}
