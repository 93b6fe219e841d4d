internal import HTTP
internal import OCI

/// Asks a registry to take a blob over from another of its repositories.
struct BlobMount {
    enum Outcome {
        case mounted
        /// It is not; a registry may have begun an upload instead.
        case session(UploadSession?)
    }

    /// Further ones are hardly better, and each costs a request.
    private static let mostCandidates = 4

    let descriptor: Descriptor
    let endpoint: RegistryEndpoint
    let client: RegistryClient

    init(_ descriptor: Descriptor, _ endpoint: RegistryEndpoint, client: RegistryClient) {
        self.descriptor = descriptor
        self.endpoint = endpoint
        self.client = client
    }

    /// Tries the sources in order, then where the client has seen the blob.
    func run(from sources: [String]) async throws -> Outcome {
        var begun: UploadSession?
        for source in candidates(sources) {
            switch try await attempt(source) {
            case .mounted:
                if let begun { await abandon(begun) }
                return .mounted
            case .session(let session?):
                if let begun { await abandon(begun) }
                begun = session
            case .session(nil): break
            }
        }
        return .session(begun)
    }

    /// Asks for the blob of whatever repository has it: `from` may be left out. A
    /// registry that does not do that begins an upload, as without.
    ///
    /// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#mounting-a-blob-from-another-repository
    func runAnonymously() async throws -> Outcome { try await attempt(nil) }

    private func candidates(_ sources: [String]) -> [String] {
        var seen: Set<String> = [endpoint.repository]
        let all = sources + client.known.sources(of: descriptor.digest, for: endpoint)
        return Array(all.filter { seen.insert($0).inserted }.prefix(Self.mostCandidates))
    }

    private func attempt(_ source: String?) async throws -> Outcome {
        let query = [(name: "mount", value: descriptor.digest.description)] + (source.map { [("from", $0)] } ?? [])
        let request = HTTPRequest(method: .post, url: endpoint.url("blobs/uploads/", query: query))
        var scopes: [AccessScope] = [.push(endpoint.repository)]
        if let source { scopes.append(.pull(source)) }
        let call = RegistryCall(
            operation: "mount of blob \(descriptor.digest) into \(endpoint.name)", endpoint: endpoint, scopes: scopes,
            request: request, accepted: [201, 202])
        do {
            let response = try await client.send(call)
            guard response.status == 202 else { return .mounted }
            return .session(try UploadSession(response, endpoint, operation: call.operation))
        } catch let error as RegistryError where !error.isTemporary {
            // A token server may refuse the source's scope too.
            return .session(nil)
        }
    }

    /// Says that an upload is not wanted.
    func abandon(_ session: UploadSession) async { await client.end(session, endpoint) }
}
