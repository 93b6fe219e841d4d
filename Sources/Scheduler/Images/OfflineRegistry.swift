public import OCI
public import Storage
public import SystemPackage

/// No registry at all: what would ask one fails.
public struct OfflineRegistry: ImageRegistry {
    public init() {}

    public func manifest(of reference: ImageReference, platform: Platform) async throws -> RemoteManifest {
        throw OfflineError.unknownImages([reference.familiar])
    }

    public func fetch(_ blob: Descriptor, from reference: ImageReference, into store: BlobStore) async throws {
        guard try store.size(of: blob.digest) != blob.size else { return }
        throw OfflineError.missingLayer(blob.digest, reference: reference.familiar)
    }

    public func hasBlob(_ digest: Digest, in reference: ImageReference) async throws -> Bool {
        throw OfflineError.registry("to look up \(digest) in \(reference.name)")
    }

    public func blobSize(_ digest: Digest, in reference: ImageReference) async throws -> Int64? {
        throw OfflineError.registry("to look up \(digest) in \(reference.name)")
    }

    public func mount(
        _ blob: Descriptor, from source: ImageReference, to reference: ImageReference
    ) async throws -> Bool {
        throw OfflineError.registry("to push to \(reference.familiar)")
    }

    public func replace(_ blob: Descriptor, from file: FilePath, in reference: ImageReference) async throws {
        throw OfflineError.registry("to push to \(reference.familiar)")
    }

    public func referrers(
        of digest: Digest, in reference: ImageReference, artifactType: String?
    ) async throws -> [Descriptor] {
        throw OfflineError.registry("to look up what refers to \(digest) in \(reference.name)")
    }

    public func send(_ blob: Descriptor, from file: FilePath, to reference: ImageReference) async throws {
        throw OfflineError.registry("to push to \(reference.familiar)")
    }

    public func digest(of reference: ImageReference) async throws -> Digest? {
        throw OfflineError.registry("to look up \(reference.familiar)")
    }

    public func pullDigest(of reference: ImageReference) async throws -> Digest? {
        throw OfflineError.registry("to look up \(reference.familiar)")
    }

    public func put(_ manifest: [UInt8], mediaType: MediaType, to reference: ImageReference) async throws {
        throw OfflineError.registry("to push to \(reference.familiar)")
    }
}
