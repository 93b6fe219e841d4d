internal import HTTP
public import OCI

/// The manifest of one image as a registry gave it.
public struct ResolvedManifest: Hashable, Sendable {
    /// Pinned to the digest of this manifest.
    public let reference: ImageReference
    /// Exactly as stored, verified against the digest.
    public let bytes: [UInt8]
    public let descriptor: Descriptor
    public let manifest: ImageManifest
    /// The index that the reference names, verified as the manifest is; nil where it names the manifest itself.
    public let index: [UInt8]?

    public var mediaType: MediaType { descriptor.mediaType }
}

/// A manifest or index as a registry stores it.
public struct RawManifest: Hashable, Sendable {
    public let bytes: [UInt8]
    public let mediaType: MediaType
    public let digest: Digest
}

extension RegistryClient {
    /// Gets the manifest behind a reference; of an index, that of the platform.
    ///
    /// The digest is verified against the reference's, or else against the one that the registry states.
    /// Throws `noSuchPlatform`, `unsupportedManifest` (schema 1 and what is no image), `invalidManifest`, `digestMismatch`.
    public func resolve(_ reference: ImageReference, platform: Platform) async throws -> ResolvedManifest {
        try await fromMirrors(of: reference) { try await resolve(reference, platform, at: $0) }
    }

    private func resolve(
        _ reference: ImageReference, _ platform: Platform, at endpoint: RegistryEndpoint
    ) async throws -> ResolvedManifest {
        var document = try await manifest(
            reference.digest?.description ?? reference.tag ?? "latest", endpoint, reference)
        let index = document.mediaType.isIndex ? document.bytes : nil
        // An index of indexes is allowed; more than a few levels are not made by anyone.
        for _ in 0..<3 where document.mediaType.isIndex {
            let index = try decode(ImageIndex.self, document, reference)
            guard let child = index.manifest(for: platform) else {
                let available = index.manifests.compactMap(\.platform).filter { $0.os != "unknown" }
                throw RegistryError.noSuchPlatform(
                    reference: reference.description, wanted: platform, available: available)
            }
            document = try await manifest(child.digest.description, endpoint, reference)
        }
        guard document.mediaType.isManifest else {
            throw RegistryError.unsupportedManifest(
                reference: reference.description, mediaType: document.mediaType.rawValue)
        }
        let manifest = try decode(ImageManifest.self, document, reference)
        for blob in [manifest.config] + manifest.layers { known.insert(blob.digest, in: endpoint) }
        return ResolvedManifest(
            reference: reference.pinned(to: document.digest), bytes: document.bytes,
            descriptor: Descriptor(
                mediaType: document.mediaType, digest: document.digest, size: Int64(document.bytes.count)),
            manifest: manifest, index: index)
    }

    /// The manifest or index behind a reference as it is stored, verified; of an index, the index itself.
    ///
    /// Throws `digestMismatch`; `isNotFound` of the error says that there is none.
    public func rawManifest(_ reference: ImageReference) async throws -> RawManifest {
        let endpoint = try RegistryEndpoint(reference, configuration)
        let name = reference.digest?.description ?? reference.tag ?? "latest"
        let document = try await manifest(name, endpoint, reference)
        return RawManifest(bytes: document.bytes, mediaType: document.mediaType, digest: document.digest)
    }

    /// The digest that the reference's tag (or digest) has in the registry; nil if it has none. Of an index, the index's.
    public func digest(of reference: ImageReference) async throws -> Digest? {
        let endpoint = try RegistryEndpoint(reference, configuration)
        let name = reference.tag ?? reference.digest?.description ?? "latest"
        var call = manifestCall(name, endpoint, "look up \(reference)")
        call.request.method = .head
        call.accepted.insert(404)
        let response = try await retrying { [call] in try await self.send(call) }
        guard response.status == 200 else { return nil }
        if let stated = response.headers["docker-content-digest"] { return try? Digest(stated) }
        return try await manifest(name, endpoint, reference).digest
    }

    /// The digest that the reference has where it is pulled from: in the first mirror that has it, else in the registry.
    /// Nil if nobody has it. Of an index, the index's.
    public func pullDigest(of reference: ImageReference) async throws -> Digest? {
        let name = reference.digest?.description ?? reference.tag ?? "latest"
        do {
            return try await fromMirrors(of: reference) { endpoint in
                var call = manifestCall(name, endpoint, "look up \(reference)")
                call.request.method = .head
                let response = try await retrying(attempts: endpoint.attempts) { [call] in try await self.send(call) }
                if let stated = response.headers["docker-content-digest"].flatMap({ try? Digest($0) }) { return stated }
                return try await manifest(name, endpoint, reference).digest
            }
        } catch let error as RegistryError where error.isNotFound {
            return nil
        }
    }

    /// Stores a manifest or index under the reference's tag, or under its digest if it has no tag.
    ///
    /// The blobs and manifests it names must be there; a `subject` need not. Where the registry does not keep lists of
    /// referrers itself, the subject's list under the fallback tag is brought up to date. Returns the digest; throws
    /// `digestMismatch` if the registry, or the reference's own digest, has another.
    @discardableResult
    public func putManifest(
        _ bytes: [UInt8], mediaType: MediaType, to reference: ImageReference
    ) async throws -> Digest {
        let endpoint = try RegistryEndpoint(reference, configuration)
        let operation = "push of \(reference)"
        let digest = Digest(of: bytes)
        if let expected = reference.digest, expected != digest {
            throw RegistryError.digestMismatch(operation: operation, expected: expected, actual: digest)
        }
        var request = HTTPRequest(method: .put, url: endpoint.url("manifests/\(reference.tag ?? digest.description)"))
        request.headers = [("Content-Type", mediaType.rawValue)]
        request.body = .bytes(bytes)
        let call = RegistryCall(
            operation: operation, endpoint: endpoint, scopes: [.push(endpoint.repository)], request: request,
            accepted: [200, 201, 202])
        let response = try await retrying { try await self.send(call) }
        if let stated = response.headers["docker-content-digest"], let actual = try? Digest(stated), actual != digest {
            throw RegistryError.digestMismatch(operation: operation, expected: digest, actual: actual)
        }
        if response.headers["oci-subject"] == nil, let referrer = Referrer(bytes, mediaType, digest) {
            try await addToFallbackTag(referrer, reference)
        }
        return digest
    }
}
