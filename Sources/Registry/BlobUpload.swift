internal import HTTP
internal import OCI
internal import Synchronization
internal import SystemPackage

/// A blob on its way into a repository, over as many attempts as it takes.
final class BlobUpload: Sendable {
    /// How far it got.
    private struct Progress: Sendable {
        /// Where an upload that broke off may go on.
        var session: UploadSession?
        var sent: Int64 = 0
        var isChunked = false
        var chunk = BlobUpload.usualChunk
        /// Whether bytes of different requests were put together.
        var isJoined = false
        var mayJoin = true
    }

    private static let usualChunk: Int64 = 64 << 20
    /// What nginx takes when nobody told it otherwise.
    private static let smallestChunk: Int64 = 1 << 20

    private let descriptor: Descriptor
    private let path: FilePath
    private let endpoint: RegistryEndpoint
    private let client: RegistryClient
    private let sources: [String]?
    private let progress = Mutex(Progress())

    private var operation: String { "push of blob \(descriptor.digest) to \(endpoint.name)" }

    /// Without sources it is sent whatever the repository seems to have.
    init(
        _ descriptor: Descriptor, _ path: FilePath, _ endpoint: RegistryEndpoint, client: RegistryClient,
        mountingFrom sources: [String]?
    ) {
        self.descriptor = descriptor
        self.path = path
        self.endpoint = endpoint
        self.client = client
        self.sources = sources
    }

    /// Bytes that the registry has.
    var sent: Int64 { progress.withLock { $0.sent } }

    /// One attempt; each begins with the question whether the blob is there, for a registry may have finished what its
    /// answer did not tell.
    func attempt() async throws -> UploadOutcome {
        if sources != nil, try await client.hasBlob(descriptor, endpoint, scope: .push(endpoint.repository)) {
            return .existed
        }
        let file = try open()
        var opened = try await resumed()
        if opened == nil { opened = try await begun() }
        guard let session = opened else { return .mounted }
        do {
            try await send(file, session)
        } catch let error as RegistryError {
            guard try await prepare(after: error) else { throw error }
            guard let session = try await begun() else { return .mounted }
            try await send(file, session)
        }
        return .uploaded
    }

    private func open() throws(RegistryError) -> UploadFile {
        do {
            return try UploadFile(path, size: descriptor.size)
        } catch {
            throw RegistryError(error, operation: operation)
        }
    }

    private func call(_ request: HTTPRequest, accepted: Set<Int>) -> RegistryCall {
        RegistryCall(
            operation: operation, endpoint: endpoint, scopes: [.push(endpoint.repository)], request: request,
            accepted: accepted)
    }
}

// MARK: - Sessions

extension BlobUpload {
    /// A new session; nil when the registry mounted the blob instead.
    private func begun() async throws -> UploadSession? {
        if let sources {
            let mount = BlobMount(descriptor, endpoint, client: client)
            guard case .session(let offered) = try await mount.run(from: sources) else { return nil }
            if let offered { return offered }
            guard case .session(let session) = try await mount.runAnonymously() else { return nil }
            if let session { return session }
        }
        let request = HTTPRequest(method: .post, url: endpoint.url("blobs/uploads/"))
        return try UploadSession(
            await client.send(call(request, accepted: [202])), endpoint, operation: operation)
    }

    /// The session of the attempt before, if the registry still knows it; says how much of the blob it has.
    private func resumed() async throws -> UploadSession? {
        guard let last = progress.withLock({ $0.session }) else { return nil }
        forget()
        let request = HTTPRequest(url: last.url)
        let answer = try await client.send(call(request, accepted: Set(200..<500)))
        guard (200..<300).contains(answer.status), progress.withLock({ $0.mayJoin }) else { return nil }
        var session = try UploadSession(answer, endpoint, operation: operation)
        if answer.headers["location"] == nil { session = last }
        let received = answer.headers["range"] == nil ? 0 : session.received ?? -1
        guard (0...descriptor.size).contains(received) else { return nil }
        progress.withLock { progress in
            progress.sent = received
            progress.isJoined = received > 0
            progress.isChunked = progress.isChunked || received > 0 || descriptor.size > Self.usualChunk
        }
        return session
    }

    private func forget() {
        progress.withLock { progress in
            progress.session = nil
            progress.sent = 0
            progress.isJoined = false
        }
    }

    /// Whether the same blob can be sent in another way at once: in smaller requests when they are too large, as a whole
    /// when its parts did not fit together.
    private func prepare(after error: RegistryError) async throws -> Bool {
        guard case .status(_, _, let status, let errors, _) = error else { return false }
        let (isChunked, isJoined) = progress.withLock { ($0.isChunked, $0.isJoined) }
        if !isChunked, [405, 411, 413, 501].contains(status) {
            forget()
            progress.withLock { $0.isChunked = true }
            return true
        }
        if isJoined, errors.contains(where: { $0.code == "DIGEST_INVALID" }) {
            forget()
            progress.withLock { $0.mayJoin = false }
            return true
        }
        return false
    }
}

// MARK: - Bytes

extension BlobUpload {
    private func send(_ file: UploadFile, _ session: UploadSession) async throws {
        progress.withLock { $0.session = session }
        guard progress.withLock({ $0.isChunked }) else {
            return try await finish(session, .file(file))
        }
        var session = session
        while sent < descriptor.size { session = try await sendChunk(file, session) }
        try await finish(session, .none)
    }

    /// Sends one chunk, a smaller one when it is too large. Returns where the next goes.
    private func sendChunk(_ file: UploadFile, _ session: UploadSession) async throws -> UploadSession {
        let (start, size) = progress.withLock { ($0.sent, max($0.chunk, session.chunkMinimum)) }
        let end = start + min(size, descriptor.size - start)
        var request = HTTPRequest(method: .patch, url: session.url, body: .part(of: file, start..<end))
        request.headers = [
            ("Content-Type", "application/octet-stream"), ("Content-Range", "\(start)-\(end - 1)"),
        ]
        request.isTransfer = true
        do {
            let response = try await client.send(call(request, accepted: [200, 201, 202, 204]))
            let next = try UploadSession(response, endpoint, operation: operation)
            // A registry may have taken less than came.
            let received = next.received ?? end
            guard (start + 1...end).contains(received) else {
                throw RegistryError.unexpectedAnswer(
                    operation: operation, url: response.url.description,
                    reason: "the registry says that it has \(received) bytes after \(end) were sent")
            }
            progress.withLock { progress in
                progress.sent = received
                progress.session = next
            }
            return next
        } catch let error as RegistryError where error.isTooLarge && size > Self.smallestChunk {
            progress.withLock { $0.chunk = max(Self.smallestChunk, min(size, end - start) / 4) }
            guard max(Self.smallestChunk, session.chunkMinimum) < size else { throw error }
            return session
        }
    }

    private func finish(_ session: UploadSession, _ body: HTTPRequest.Body) async throws {
        let url = session.url.adding(query: [("digest", descriptor.digest.description)])
        var request = HTTPRequest(method: .put, url: url, body: body)
        request.headers = [("Content-Type", "application/octet-stream")]
        request.isTransfer = true
        let response = try await client.send(call(request, accepted: [201, 204]))
        if let stated = response.headers["docker-content-digest"], let actual = try? Digest(stated),
            actual != descriptor.digest
        {
            throw RegistryError.digestMismatch(operation: operation, expected: descriptor.digest, actual: actual)
        }
        progress.withLock { $0.sent = descriptor.size }
    }
}
