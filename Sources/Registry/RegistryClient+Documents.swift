internal import HTTP
internal import OCI

/// A manifest or index whose bytes are verified.
struct ManifestDocument {
    let mediaType: MediaType
    let bytes: [UInt8]
    let digest: Digest
}

extension RegistryClient {
    private static let accepted: [MediaType] = [.imageManifest, .imageIndex, .dockerManifest, .dockerManifestList]

    func manifestCall(_ name: String, _ endpoint: RegistryEndpoint, _ operation: String) -> RegistryCall {
        var request = HTTPRequest(url: endpoint.url("manifests/\(name)"))
        request.headers = Self.accepted.map { ("Accept", $0.rawValue) }
        request.bodyLimit = configuration.manifestLimit
        return RegistryCall(
            operation: operation, endpoint: endpoint, scopes: [.pull(endpoint.repository)], request: request,
            accepted: [200])
    }

    /// Gets a manifest by tag or digest. Wrong bytes are asked for once more before they are an error.
    func manifest(
        _ name: String, _ endpoint: RegistryEndpoint, _ reference: ImageReference
    ) async throws -> ManifestDocument {
        let operation = "pull of \(reference)"
        let call = manifestCall(name, endpoint, operation)
        func attempt() async throws -> ManifestDocument {
            let response = try await retrying(attempts: endpoint.attempts) { try await self.send(call) }
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

    func decode<Value: Decodable>(
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
