internal import HTTP
public import OCI
public import SystemPackage

/// What a cache in a registry needs beyond pulling and pushing.
extension RegistryClient {
    /// The size of a blob in the reference's repository; nil if it has none.
    public func blobSize(_ digest: Digest, in reference: ImageReference) async throws -> Int64? {
        let endpoint = try RegistryEndpoint(reference, configuration)
        let call = RegistryCall(
            operation: "look up blob \(digest) in \(endpoint.registry)/\(endpoint.repository)", endpoint: endpoint,
            scopes: [.pull(endpoint.repository)],
            request: HTTPRequest(method: .head, url: endpoint.url("blobs/\(digest)")), accepted: [200, 404])
        let response = try await retrying { try await self.send(call) }
        guard response.status == 200, let text = response.headers["content-length"] else {
            known.remove(digest, in: endpoint)
            return nil
        }
        known.insert(digest, in: endpoint)
        return Int64(text)
    }

    /// Takes a blob over from another repository, without its bytes: from the source, if that is of the same registry, or
    /// from where this client has seen it, such as a mirror. False when nothing of that can be.
    public func mount(
        _ blob: Descriptor, from source: ImageReference, to reference: ImageReference
    ) async throws -> Bool {
        let endpoint = try RegistryEndpoint(reference, configuration)
        if known.contains(blob.digest, in: endpoint) { return true }
        let sources = source.registry == reference.registry ? [source.repository] : []
        let isMounted = try await retrying {
            let mount = BlobMount(blob, endpoint, client: self)
            guard case .session(let session) = try await mount.run(from: sources) else { return true }
            if let session { await mount.abandon(session) }
            return false
        }
        if isMounted { known.insert(blob.digest, in: endpoint) }
        return isMounted
    }

    /// Sends a blob whatever the repository seems to have: one whose bytes turned out to be others.
    public func replace(_ blob: Descriptor, from path: FilePath, in reference: ImageReference) async throws {
        let endpoint = try RegistryEndpoint(reference, configuration)
        known.remove(blob.digest, in: endpoint)
        let upload = BlobUpload(blob, path, endpoint, client: self, mountingFrom: nil)
        _ = try await retrying(progress: { upload.sent }) { try await upload.attempt() }
        known.insert(blob.digest, in: endpoint)
    }
}
