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
    /// Asks first, then tries to mount it from a repository of the same registry that is known to have it
    /// (`sources`, and where this client has seen it), then sends the file in one request. A further attempt begins with a new
    /// upload. Tasks that want the same blob in the same repository share one upload. The file must not change meanwhile.
    @discardableResult
    public func upload(
        _ descriptor: Descriptor, from path: FilePath, to reference: ImageReference, mountingFrom sources: [String] = []
    ) async throws -> UploadOutcome {
        let endpoint = try RegistryEndpoint(reference, configuration)
        let flight = try await uploads.run(UploadKey(endpoint: endpoint, digest: descriptor.digest)) {
            if known.contains(descriptor.digest, in: endpoint) { return .existed }
            return try await retrying {
                try await BlobUpload(descriptor, path, endpoint, client: self).run(mountingFrom: sources)
            }
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

/// One attempt to bring a blob into a repository.
private struct BlobUpload {
    let descriptor: Descriptor
    let path: FilePath
    let endpoint: RegistryEndpoint
    let client: RegistryClient

    private var operation: String {
        "push of blob \(descriptor.digest) to \(endpoint.registry)/\(endpoint.repository)"
    }

    init(_ descriptor: Descriptor, _ path: FilePath, _ endpoint: RegistryEndpoint, client: RegistryClient) {
        self.descriptor = descriptor
        self.path = path
        self.endpoint = endpoint
        self.client = client
    }

    func run(mountingFrom sources: [String]) async throws -> UploadOutcome {
        if try await client.hasBlob(descriptor.digest, endpoint, scope: .push(endpoint.repository)) { return .existed }
        let file = try open()
        let candidates = client.known.sources(of: descriptor.digest, for: endpoint) + sources
        if let source = candidates.first(where: { $0 != endpoint.repository }) {
            switch try await mount(from: source) {
            case .mounted: return .mounted
            case .session(let url):
                try await put(file, to: url)
                return .uploaded
            case .refused: break
            }
        }
        try await put(file, to: begin())
        return .uploaded
    }

    private func open() throws(RegistryError) -> UploadFile {
        do {
            return try UploadFile(path, size: descriptor.size)
        } catch {
            throw RegistryError(error, operation: operation)
        }
    }

    private enum MountAnswer {
        case mounted
        case session(HTTPURL)
        case refused
    }

    /// Asks for the blob of another repository. A registry that does not do that may begin an upload instead, or refuse.
    private func mount(from source: String) async throws -> MountAnswer {
        let query = [("mount", descriptor.digest.description), ("from", source)]
        let url = endpoint.url("blobs/uploads/", query: query.map { (name: $0.0, value: $0.1) })
        var call = call(HTTPRequest(method: .post, url: url), accepted: [201, 202, 400, 403, 404, 405])
        call.scopes.append(.pull(source))
        let response: HTTPResponse
        do {
            response = try await client.send(call)
        } catch RegistryError.unauthorized {
            return .refused
        }
        switch response.status {
        case 201: return .mounted
        case 202: return .session(try location(of: response))
        default: return .refused
        }
    }

    private func begin() async throws -> HTTPURL {
        let request = HTTPRequest(method: .post, url: endpoint.url("blobs/uploads/"))
        return try location(of: try await client.send(call(request, accepted: [202])))
    }

    private func put(_ file: UploadFile, to session: HTTPURL) async throws {
        let url = session.adding(query: [("digest", descriptor.digest.description)])
        var request = HTTPRequest(method: .put, url: url, body: .file(file))
        request.headers = [("Content-Type", "application/octet-stream")]
        request.isTransfer = true
        _ = try await client.send(call(request, accepted: [201, 204]))
    }

    private func call(_ request: HTTPRequest, accepted: Set<Int>) -> RegistryCall {
        RegistryCall(
            operation: operation, endpoint: endpoint, scopes: [.push(endpoint.repository)], request: request,
            accepted: accepted)
    }

    private func location(of response: HTTPResponse) throws(RegistryError) -> HTTPURL {
        let from = response.url
        guard let text = response.headers["location"], let url = from.resolving(text) else {
            throw .unexpectedAnswer(
                operation: operation, url: from.description, reason: "the answer names no place for the upload")
        }
        guard url.origin.isSecure || !from.origin.isSecure else {
            throw .insecureRedirect(operation: operation, from: from.description, to: url.description)
        }
        return url
    }
}
