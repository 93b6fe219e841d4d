internal import Clouds
internal import HTTP
internal import OCI
internal import Synchronization

/// One file on its way into the store, over as many attempts as it takes.
final class WebDownload: Sendable {
    private let source: WebSource
    private let known: ValidatorRecord?
    private let session: HTTPSession
    private let sink: HashingSink
    private let body: BodyDownload
    /// Of the answer that the first bytes came with.
    private let first = Mutex<Validators?>(nil)

    private let allowsLinkLocal: Bool

    init(
        _ source: WebSource, known: ValidatorRecord?, allowsLinkLocal: Bool, session: HTTPSession, store: any FileStore
    ) throws {
        self.source = source
        self.allowsLinkLocal = allowsLinkLocal
        self.known = known
        self.session = session
        sink = HashingSink(try store.makeSink())
        body = BodyDownload(into: sink, limit: .max) { _ in ContextsError.changed(url: source.shown) }
    }

    var received: Int64 { body.received }

    func discard() async { await body.discard() }

    /// Asks for what is missing. Throws `ContextsError`, and what the sink throws.
    func attempt(now: Double) async throws -> ValidatorRecord {
        if body.received > 0, !canResume { try await restart() }
        let offset = body.received
        while true {
            let response = try await answer(request(from: offset))
            switch response.status {
            case 200, 206, 304: return try await record(of: response, offset: offset)
            default:
                if response.status == 416 { try await restart() }
                guard let refusal = try await source.refusal(response, now: now) else { continue }
                throw refusal
            }
        }
    }

    private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await session.perform(request)
        } catch let error as HTTPError {
            // What the sink said comes before "the transfer was ended".
            try await body.drain()
            noteValidators()
            throw ContextsError(error)
        }
        try await body.drain()
        noteValidators()
        return response
    }

    private func request(from offset: Int64) async throws -> HTTPRequest {
        var headers = known?.validators.conditions ?? []
        if offset > 0, let validator = first.withLock({ $0?.forRanges }) {
            headers = [("Range", "bytes=\(offset)-"), ("If-Range", validator)]
        }
        var request = try await source.request(headers: headers)
        request.receiver = body
        request.isTransfer = true
        request.allowsLinkLocal = allowsLinkLocal
        return request
    }

    private func record(of response: HTTPResponse, offset: Int64) async throws -> ValidatorRecord {
        let shown = source.shown
        switch response.status {
        case 304:
            guard let known, offset == 0 else {
                throw ContextsError.unexpectedAnswer(url: shown, reason: "HTTP 304 without having been asked")
            }
            await body.discard()
            return known
        default:
            // A file that changed meanwhile comes whole, and what was taken before does not fit it.
            let range = response.status == 206 ? ContentRange(response.headers) : .whole
            guard let range, range.first == nil || range.first == offset, offset == 0 || isUnchanged else {
                try await restart()
                throw ContextsError.changed(url: shown)
            }
            // A server may give less than it was asked for, and the rest for another request.
            if let rest = range.rest {
                throw ContextsError.network(
                    url: shown, failure: .dropped, reason: "the answer ends \(rest) bytes before the file does")
            }
            try await body.finish()
            return finished(response)
        }
    }

    private func finished(_ response: HTTPResponse) -> ValidatorRecord {
        let validators = Validators(response.headers)
        let (digest, size) = sink.result
        let modified = response.headers["last-modified"].flatMap(parseHTTPDate)
        let file = WebFile(digest: digest, sizeInBytes: size, lastModified: modified)
        return ValidatorRecord(file: file, validators: validators)
    }

    // MARK: What was begun

    private func noteValidators() {
        guard body.received > 0, let headers = body.headers else { return }
        first.withLock { first in first = first ?? Validators(headers) }
    }

    private var isUnchanged: Bool {
        guard let headers = body.headers else { return false }
        return first.withLock { $0 == Validators(headers) }
    }

    private var canResume: Bool { isUnchanged && first.withLock { $0?.forRanges != nil } }

    private func restart() async throws {
        first.withLock { $0 = nil }
        try await body.restart()
    }
}

/// Which part of a file an answer has: RFC 9110 section 14.4.
private struct ContentRange {
    /// Nil for the whole.
    var first: Int64?
    /// Bytes behind the part; nil if there are none, or nobody knows.
    var rest: Int64?

    static let whole = ContentRange()

    private init() {}

    /// Nil for what is no `bytes FIRST-LAST/SIZE`.
    init?(_ headers: HTTPHeaders) {
        guard let field = headers["content-range"], field.hasPrefix("bytes ") else { return nil }
        let parts = field.dropFirst(6).split(separator: "/")
        let ends = parts.first?.split(separator: "-").map { Int64($0) } ?? []
        guard parts.count == 2, ends.count == 2, let first = ends[0], let last = ends[1] else { return nil }
        self.first = first
        rest = Int64(parts[1]).map { $0 - last - 1 }.flatMap { $0 > 0 ? $0 : nil }
    }
}

/// Computes the digest of what it passes on.
///
/// Safe because all calls come one after the other, and `result` is read after the last.
private final class HashingSink: BodySink, @unchecked Sendable {
    private let sink: any FileSink
    private var hasher = SHA256()
    private var size: Int64 = 0
    private var digest: Digest?

    init(_ sink: any FileSink) { self.sink = sink }

    /// After `commit`.
    var result: (digest: Digest, size: Int64) {
        guard let digest else { preconditionFailure("only a complete file has a digest") }
        return (digest, size)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        hasher.update(bytes)
        size += Int64(bytes.count)
        try sink.write(bytes)
    }

    func restart() throws {
        hasher = SHA256()
        size = 0
        try sink.restart()
    }

    func commit() throws {
        let digest = hasher.finalize()
        self.digest = digest
        try sink.commit(as: digest)
    }

    func discard() { sink.discard() }
}
