internal import HTTP
public import OCI

extension RegistryClient {
    /// Deletes the manifest with the reference's digest, or else the one that its tag has now; all tags of it go too.
    /// Returns whether there was one.
    ///
    /// Throws `cannotDelete` for a registry that does not delete.
    @discardableResult
    public func deleteManifest(_ reference: ImageReference) async throws -> Bool {
        guard let digest = try await stored(reference) else { return false }
        return try await delete("manifests/\(digest)", "deletion of \(reference)", reference)
    }

    /// Deletes a blob of the reference's repository. Returns whether it was there. Throws `cannotDelete`.
    ///
    /// Registries free the space when no other repository has the blob, some only when they collect garbage.
    @discardableResult
    public func deleteBlob(_ digest: Digest, in reference: ImageReference) async throws -> Bool {
        known.remove(digest, in: try RegistryEndpoint(reference, configuration))
        return try await delete("blobs/\(digest)", "deletion of blob \(digest) of \(reference.name)", reference)
    }

    private func stored(_ reference: ImageReference) async throws -> Digest? {
        if let digest = reference.digest { return digest }
        return try await digest(of: reference)
    }

    private func delete(_ path: String, _ operation: String, _ reference: ImageReference) async throws -> Bool {
        let endpoint = try RegistryEndpoint(reference, configuration)
        let call = RegistryCall(
            operation: operation, endpoint: endpoint, scopes: [.delete(endpoint.repository)],
            request: HTTPRequest(method: .delete, url: endpoint.url(path)), accepted: [200, 202, 204, 404])
        do {
            return try await retrying { try await self.send(call) }.status != 404
        } catch let error as RegistryError {
            throw error.isUnsupported ? .cannotDelete(operation: operation, registry: endpoint.registry) : error
        }
    }
}
