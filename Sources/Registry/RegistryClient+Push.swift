internal import HTTP
public import OCI
public import SystemPackage

/// How a blob came to be in a repository.
public enum UploadOutcome: String, Hashable, Sendable, Codable {
    /// Its bytes were sent.
    case uploaded
    /// It was there.
    case existed
    /// The registry took it over from another of its repositories.
    case mounted
}

/// Uploads of one blob to one repository are one upload.
struct UploadKey: Hashable, Sendable {
    let endpoint: RegistryEndpoint
    let digest: Digest
}

extension RegistryClient {
    /// Makes sure that the reference's repository has the blob whose bytes are in a file.
    ///
    /// Asks first, then tries to mount it from a repository of the same registry that may have it (`sources`, and where
    /// this client has seen it), then sends the file in one request. What broke off goes on where the registry says; what it
    /// finds too long for one request goes in chunks. Tasks that want the same blob in the same repository share one
    /// upload. The file must not change meanwhile.
    @discardableResult
    public func upload(
        _ descriptor: Descriptor, from path: FilePath, to reference: ImageReference, mountingFrom sources: [String] = []
    ) async throws -> UploadOutcome {
        let endpoint = try RegistryEndpoint(reference, configuration)
        let flight = try await uploads.run(UploadKey(endpoint: endpoint, digest: descriptor.digest)) {
            if known.contains(descriptor.digest, in: endpoint) { return .existed }
            let upload = BlobUpload(descriptor, path, endpoint, client: self, mountingFrom: sources)
            return try await retrying(progress: { upload.sent }) { try await upload.attempt() }
        }
        known.insert(descriptor.digest, in: endpoint)
        return flight.isOwn ? flight.value : .existed
    }

    /// Makes sure that a repository has all of an image's blobs, several at a time. Returns the outcomes in order.
    @discardableResult
    public func upload(
        _ blobs: [(descriptor: Descriptor, path: FilePath)], to reference: ImageReference,
        mountingFrom sources: [String] = []
    ) async throws -> [UploadOutcome] {
        try await withThrowingTaskGroup(of: (Int, UploadOutcome).self) { group in
            for (index, blob) in blobs.enumerated() {
                group.addTask {
                    (
                        index,
                        try await self.upload(blob.descriptor, from: blob.path, to: reference, mountingFrom: sources)
                    )
                }
            }
            var outcomes = [UploadOutcome](repeating: .existed, count: blobs.count)
            for try await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes
        }
    }
}
