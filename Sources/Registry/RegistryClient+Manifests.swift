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

    public var mediaType: MediaType { descriptor.mediaType }
}

extension RegistryClient {
    private static let accepted: [MediaType] = [.imageManifest, .imageIndex, .dockerManifest, .dockerManifestList]

    /// Gets the manifest behind a reference; of an index, that of the platform.
    ///
    /// The digest is verified against the reference's, or else against the one that the registry states.
    /// Throws `noSuchPlatform`, `unsupportedManifest` (schema 1 and what is no image), `invalidManifest`, `digestMismatch`.
    public func resolve(_ reference: ImageReference, platform: Platform) async throws -> ResolvedManifest {
        let endpoint = try RegistryEndpoint(reference, configuration)
        var document = try await manifest(
            reference.digest?.description ?? reference.tag ?? "latest", endpoint, reference)
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
            manifest: manifest)
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

    /// Stores a manifest or index under the reference's tag, or under its digest if it has no tag.
    ///
    /// The blobs and manifests it names must be there. Returns the digest; throws `digestMismatch` if the registry, or
    /// the reference's own digest, has another.
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
        if let stated = response.headers["docker-content-digest"], stated != digest.description {
            guard let actual = try? Digest(stated) else { return digest }
            throw RegistryError.digestMismatch(operation: operation, expected: digest, actual: actual)
        }
        return digest
    }
}

// MARK: - Documents

/// A manifest or index whose bytes are verified.
private struct ManifestDocument {
    let mediaType: MediaType
    let bytes: [UInt8]
    let digest: Digest
}

extension RegistryClient {
    private func manifestCall(_ name: String, _ endpoint: RegistryEndpoint, _ operation: String) -> RegistryCall {
        var request = HTTPRequest(url: endpoint.url("manifests/\(name)"))
        request.headers = Self.accepted.map { ("Accept", $0.rawValue) }
        request.bodyLimit = configuration.manifestLimit
        return RegistryCall(
            operation: operation, endpoint: endpoint, scopes: [.pull(endpoint.repository)], request: request,
            accepted: [200])
    }

    /// Gets a manifest by tag or digest. Wrong bytes are asked for once more before they are an error.
    private func manifest(
        _ name: String, _ endpoint: RegistryEndpoint, _ reference: ImageReference
    ) async throws -> ManifestDocument {
        let operation = "pull of \(reference)"
        let call = manifestCall(name, endpoint, operation)
        func attempt() async throws -> ManifestDocument {
            let response = try await retrying { try await self.send(call) }
            let digest = Digest(of: response.body)
            let stated = name.contains(":") ? name : response.headers["docker-content-digest"]
            if let expected = stated.flatMap({ try? Digest($0) }), expected != digest {
                throw RegistryError.digestMismatch(operation: operation, expected: expected, actual: digest)
            }
            return ManifestDocument(
                mediaType: try mediaType(of: response, reference), bytes: response.body, digest: digest)
        }
        do { return try await attempt() } catch RegistryError.digestMismatch { return try await attempt() }
    }

    /// From the document itself, else from the header, else from its members.
    private func mediaType(of response: HTTPResponse, _ reference: ImageReference) throws(RegistryError) -> MediaType {
        let shape: ManifestShape
        do {
            shape = try OCIDocument.decode(ManifestShape.self, from: response.body)
        } catch {
            throw .invalidManifest(reference: reference.description, reason: "it is no JSON object of the right form")
        }
        guard shape.schemaVersion == 2 else {
            let version = shape.schemaVersion.map(String.init) ?? "unknown"
            throw .unsupportedManifest(
                reference: reference.description,
                mediaType: "application/vnd.docker.distribution.manifest.v\(version)+prettyjws")
        }
        if let stated = shape.mediaType { return stated }
        let header = response.headers["content-type"]?.split(separator: ";").first.map(String.init) ?? ""
        let type = MediaType(rawValue: header)
        guard !type.isIndex, !type.isManifest else { return type }
        return shape.manifests != nil ? .imageIndex : shape.config != nil ? .imageManifest : type
    }

    private func decode<Value: Decodable>(
        _ type: Value.Type, _ document: ManifestDocument, _ reference: ImageReference
    ) throws(RegistryError) -> Value {
        do {
            return try OCIDocument.decode(type, from: document.bytes)
        } catch {
            throw .invalidManifest(reference: reference.description, reason: "\(error)")
        }
    }
}

/// As much of a manifest as tells what it is.
private struct ManifestShape: Decodable {
    struct Anything: Decodable {}

    var schemaVersion: Int?
    var mediaType: MediaType?
    var manifests: [Anything]?
    var config: Anything?
}
