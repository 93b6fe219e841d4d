internal import FileSystem
internal import HTTP
internal import Logging
public import OCI
internal import SystemPackage

/// Downloads files by URL, and not again while they are unchanged.
public struct WebFiles: Sendable {
    private let configuration: ContextsConfiguration
    private let session: HTTPSession
    private let store: any FileStore

    /// Opens no connection yet.
    public init(_ configuration: ContextsConfiguration, store: any FileStore) {
        self.configuration = configuration
        self.store = store
        session = HTTPSession(configuration.http)
    }

    /// Makes sure that what the URL gives now is in the store.
    ///
    /// The server is always asked, and says whether what is in the store is still right; with a checksum that is in the
    /// store it is not asked. A dropped connection goes on where it broke off; 5xx, 429 and their like are tried again.
    /// User and password in the URL go to its origin only.
    ///
    /// Throws `ContextsError`, `CancellationError`, and what the store throws.
    public func download(_ text: String, checksum: Digest? = nil) async throws -> WebFile {
        guard let (url, authorization) = HTTPURL.parse(withCredentials: text) else {
            throw ContextsError.invalidURL(Redaction.url(text))
        }
        let records = ValidatorRecords(configuration)
        let known = try records.record(of: text).flatMap { record in
            try store.size(of: record.file.digest) == record.file.sizeInBytes ? record : nil
        }
        if let known, known.file.digest == checksum { return known.file }
        let download = try WebDownload(url, authorization, known: known, session: session, store: store)
        let record = try await retrying(download)
        if let checksum, record.file.digest != checksum {
            throw ContextsError.digestMismatch(
                url: url.description, expected: checksum, actual: record.file.digest)
        }
        if record != known { try records.keep(record, of: text) }
        return record.file
    }

    private func retrying(_ download: WebDownload) async throws -> ValidatorRecord {
        do {
            return try await configuration.retry.retrying(
                ContextsError.self, clock: configuration.clock, log: configuration.log,
                progress: { download.received }
            ) {
                try await download.attempt(now: configuration.clock.secondsSince1970)
            }
        } catch {
            await download.discard()
            throw error
        }
    }
}

/// What may be shown of an address.
enum Redaction {
    /// Without user, password and query; for texts that are no URL too.
    static func url(_ text: String) -> String {
        var shown = text.prefix { $0 != "?" }
        let start = shown.firstRange(of: "://")?.upperBound ?? shown.startIndex
        let authority = shown[start...].prefix { $0 != "/" }
        if let at = authority.lastIndex(of: "@") { shown.removeSubrange(start...at) }
        return String(shown)
    }
}
