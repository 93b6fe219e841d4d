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

    /// Takes a blob over from another repository, without its bytes. False when the registries differ, or it is refused.
    public func mount(
        _ blob: Descriptor, from source: ImageReference, to reference: ImageReference
    ) async throws -> Bool {
        let endpoint = try RegistryEndpoint(reference, configuration)
        let origin = try RegistryEndpoint(source, configuration)
        guard origin.registry == endpoint.registry else { return false }
        if known.contains(blob.digest, in: endpoint) { return true }
        let query = [(name: "mount", value: blob.digest.description), (name: "from", value: origin.repository)]
        let call = RegistryCall(
            operation: "mount of blob \(blob.digest) into \(endpoint.registry)/\(endpoint.repository)",
            endpoint: endpoint, scopes: [.push(endpoint.repository), .pull(origin.repository)],
            request: HTTPRequest(method: .post, url: endpoint.url("blobs/uploads/", query: query)),
            accepted: [201, 202, 400, 403, 404, 405])
        do {
            guard try await retrying({ try await self.send(call) }).status == 201 else { return false }
        } catch RegistryError.unauthorized {
            return false
        }
        known.insert(blob.digest, in: endpoint)
        return true
    }
}

// MARK: - Damaged blobs

extension RegistryClient {
    /// Sends a blob whatever the repository seems to have: one whose bytes turned out to be others.
    public func replace(_ blob: Descriptor, from path: FilePath, in reference: ImageReference) async throws {
        let endpoint = try RegistryEndpoint(reference, configuration)
        known.remove(blob.digest, in: endpoint)
        let operation = "push of blob \(blob.digest) to \(endpoint.registry)/\(endpoint.repository)"
        func call(_ request: HTTPRequest, _ accepted: Set<Int>) -> RegistryCall {
            RegistryCall(
                operation: operation, endpoint: endpoint, scopes: [.push(endpoint.repository)], request: request,
                accepted: accepted)
        }
        let file: UploadFile
        do {
            file = try UploadFile(path, size: blob.size)
        } catch {
            throw RegistryError(error, operation: operation)
        }
        try await retrying {
            let begin = HTTPRequest(method: .post, url: endpoint.url("blobs/uploads/"))
            let session = try await self.send(call(begin, [202]))
            guard let place = session.headers["location"].flatMap({ session.url.resolving($0) }),
                place.origin.isSecure || !session.url.origin.isSecure
            else {
                throw RegistryError.unexpectedAnswer(
                    operation: operation, url: session.url.description,
                    reason: "the answer names no place for the upload")
            }
            let url = place.adding(query: [("digest", blob.digest.description)])
            var put = HTTPRequest(method: .put, url: url, body: .file(file))
            put.headers = [("Content-Type", "application/octet-stream")]
            put.isTransfer = true
            _ = try await self.send(call(put, [201, 204]))
        }
        known.insert(blob.digest, in: endpoint)
    }
}
