public import OCI
public import Storage
public import SystemPackage

/// What the scheduler asks of registries; `RegistryClient` is one, tests have another.
public protocol ImageRegistry: Sendable {
    /// The manifest behind a reference, for the platform, verified.
    func manifest(of reference: ImageReference, platform: Platform) async throws -> RemoteManifest
    /// Makes sure that the blob is in the store, verified.
    func fetch(_ blob: Descriptor, from reference: ImageReference, into store: BlobStore) async throws
    func hasBlob(_ digest: Digest, in reference: ImageReference) async throws -> Bool
    /// In bytes; nil if the reference's repository has no such blob.
    func blobSize(_ digest: Digest, in reference: ImageReference) async throws -> Int64?
    /// Takes a blob over from another repository of the same registry; false if that cannot be done.
    func mount(_ blob: Descriptor, from source: ImageReference, to reference: ImageReference) async throws -> Bool
    /// Sends a blob whatever the reference's repository seems to have.
    func replace(_ blob: Descriptor, from file: FilePath, in reference: ImageReference) async throws
    /// The manifests of a type whose subject is the one with the digest, in the reference's repository.
    func referrers(
        of digest: Digest, in reference: ImageReference, artifactType: String?
    ) async throws -> [Descriptor]
    /// Makes sure that the reference's repository has the blob that is in the file.
    func send(_ blob: Descriptor, from file: FilePath, to reference: ImageReference) async throws
    /// The digest that a tag has now; nil if there is no such tag.
    func digest(of reference: ImageReference) async throws -> Digest?
    /// The digest that a reference has where it is pulled from, mirrors included; nil if nobody has it.
    func pullDigest(of reference: ImageReference) async throws -> Digest?
    func put(_ manifest: [UInt8], mediaType: MediaType, to reference: ImageReference) async throws
    /// All files that are read by their names for it.
    var hostFiles: [String] { get }
}

extension ImageRegistry {
    /// None.
    public var hostFiles: [String] { [] }
}

/// The manifest of one image, as a registry gave it.
public struct RemoteManifest: Hashable, Sendable {
    /// Pinned to the digest.
    public var reference: ImageReference
    /// Exactly as stored there.
    public var bytes: [UInt8]
    public var descriptor: Descriptor
    /// The index that the reference named, in the same moment; nil where it named the manifest.
    public var index: [UInt8]?

    public init(reference: ImageReference, bytes: [UInt8], descriptor: Descriptor, index: [UInt8]? = nil) {
        self.reference = reference
        self.bytes = bytes
        self.descriptor = descriptor
        self.index = index
    }
}
