public import HTTP
public import OCI
internal import Synchronization

extension RegistryClient {
    /// Downloads a blob. Size and digest of every byte are verified before the sink's `commit`; on any failure the sink
    /// is discarded.
    ///
    /// A dropped connection goes on where it broke off. Wrong bytes are asked for once more from the start, then are
    /// `digestMismatch`.
    public func blob(_ descriptor: Descriptor, from reference: ImageReference, into sink: any BodySink) async throws {
        let operation = "pull of blob \(descriptor.digest) of \(reference)"
        var isFirst = true
        do {
            try await fromMirrors(of: reference) { endpoint in
                // What came from a mirror that failed is forgotten: it may be what was wrong.
                if !isFirst { try await BlobDownload(descriptor, operation: operation, into: sink).body.restart() }
                isFirst = false
                let download = BlobDownload(descriptor, operation: operation, into: sink)
                try await complete(download, descriptor, endpoint, operation)
                known.insert(descriptor.digest, in: endpoint)
            }
        } catch {
            await BlobDownload(descriptor, operation: operation, into: sink).body.discard()
            throw error
        }
    }

    /// Downloads a blob unless it is present, at most once at a time however many tasks want it: the others wait and
    /// look again. Where one fails, those that want it from elsewhere try that. Returns whether this call downloaded it.
    ///
    /// `isPresent` and `makeSink` are called without the network having been touched.
    @discardableResult
    public func fetchBlob(
        _ descriptor: Descriptor, from reference: ImageReference, unless isPresent: @Sendable () throws -> Bool,
        into makeSink: @Sendable () throws -> any BodySink
    ) async throws -> Bool {
        while try !isPresent() {
            let flight = try await downloads.run(descriptor.digest) {
                guard try !isPresent() else { return Download(reference: reference, result: .success(false)) }
                do {
                    try await blob(descriptor, from: reference, into: makeSink())
                    return Download(reference: reference, result: .success(true))
                } catch {
                    // Who waits takes over from one that is cancelled.
                    if error is CancellationError { throw error }
                    return Download(reference: reference, result: .failure(error))
                }
            }
            if flight.isOwn { return try flight.value.result.get() }
            if flight.value.reference.name == reference.name { _ = try flight.value.result.get() }
        }
        return false
    }

    /// Downloads a small blob, such as a config, into memory. Throws `tooLarge` without a request when its descriptor
    /// says more than `limit` bytes.
    public func bytes(
        of descriptor: Descriptor, from reference: ImageReference, limit: Int = 16 << 20
    ) async throws -> [UInt8] {
        guard descriptor.size <= limit else {
            throw RegistryError.tooLarge(operation: "pull of blob \(descriptor.digest) of \(reference)", limit: limit)
        }
        let sink = MemorySink()
        try await blob(descriptor, from: reference, into: sink)
        return sink.bytes
    }

    /// Whether the reference's repository has a blob.
    public func hasBlob(_ digest: Digest, in reference: ImageReference) async throws -> Bool {
        let endpoint = try RegistryEndpoint(reference, configuration)
        return try await retrying {
            let response = try await lookUp(digest, endpoint, scope: .pull(endpoint.repository))
            if response.status == 200 { known.insert(digest, in: endpoint) }
            return response.status == 200
        }
    }

    /// One attempt. A blob that is shorter or longer there than it must be is not there.
    func hasBlob(_ descriptor: Descriptor, _ endpoint: RegistryEndpoint, scope: AccessScope) async throws -> Bool {
        let response = try await lookUp(descriptor.digest, endpoint, scope: scope)
        let size = response.headers["content-length"].flatMap { Int64($0) } ?? 0
        guard response.status == 200, size == 0 || size == descriptor.size else { return false }
        known.insert(descriptor.digest, in: endpoint)
        return true
    }

    private func lookUp(
        _ digest: Digest, _ endpoint: RegistryEndpoint, scope: AccessScope
    ) async throws -> HTTPResponse {
        try await send(
            RegistryCall(
                operation: "look up blob \(digest) in \(endpoint.name)", endpoint: endpoint, scopes: [scope],
                request: HTTPRequest(method: .head, url: endpoint.url("blobs/\(digest)")), accepted: [200, 404]))
    }

    private func complete(
        _ download: BlobDownload, _ descriptor: Descriptor, _ endpoint: RegistryEndpoint, _ operation: String
    ) async throws {
        func attempt() async throws {
            try await retrying(progress: { download.body.received }, attempts: endpoint.attempts) {
                try await receive(download, descriptor, endpoint, operation)
                try await download.body.finish()
            }
        }
        do {
            try await attempt()
        } catch RegistryError.digestMismatch {
            try await download.body.restart()
            try await attempt()
        }
    }

    /// One answer's worth of the blob.
    private func receive(
        _ download: BlobDownload, _ descriptor: Descriptor, _ endpoint: RegistryEndpoint, _ operation: String
    ) async throws {
        let offset = download.body.received
        guard offset < descriptor.size || descriptor.size == 0 else { return }
        var request = HTTPRequest(url: endpoint.url("blobs/\(descriptor.digest)"))
        if offset > 0 { request.headers = [("Range", "bytes=\(offset)-")] }
        request.receiver = download.body
        request.isTransfer = true
        let call = RegistryCall(
            operation: operation, endpoint: endpoint, scopes: [.pull(endpoint.repository)], request: request,
            accepted: [200, 206])
        do {
            _ = try await send(call)
        } catch {
            // What the sink or the size check said comes before "the transfer was ended".
            try await download.body.drain()
            throw error
        }
        try await download.body.drain()
    }
}

/// How the download of a blob ended.
struct Download: Sendable {
    let reference: ImageReference
    /// Whether there was something to download.
    let result: Result<Bool, any Error>
}

private final class MemorySink: BodySink {
    private let content = Mutex<[UInt8]>([])

    var bytes: [UInt8] { content.withLock { $0 } }
    func write(_ bytes: UnsafeRawBufferPointer) { content.withLock { $0.append(contentsOf: bytes) } }
    func restart() { content.withLock { $0 = [] } }
    func commit() {}
    func discard() {}
}
