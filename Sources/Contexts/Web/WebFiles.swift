internal import Clouds
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
    private let clouds: CloudFiles

    /// Opens no connection yet.
    public init(_ configuration: ContextsConfiguration, store: any FileStore) {
        self.configuration = configuration
        self.store = store
        session = HTTPSession(configuration.http)
        clouds = CloudFiles(configuration.clouds)
    }

    /// Makes sure that what the URL gives now is in the store.
    ///
    /// The server is always asked, and says whether what is in the store is still right; with a checksum that is in the
    /// store it is not asked. A dropped connection goes on where it broke off; 5xx, 429 and their like are tried again.
    /// User and password in the URL go to its origin only.
    ///
    /// - Parameter asOurselves: whether the text is by those who run us, not by a Dockerfile, which could name what only we
    ///   may read. It may then also be `s3://BUCKET/KEY`, `gs://BUCKET/KEY`, and the URL of a blob in one of Azure's clouds:
    ///   asked for with the identity that the environment, files or the machine give us for that cloud, else anonymously.
    ///   Others get nothing of the machine's own network, where it is told who it is.
    ///
    /// Throws `ContextsError`, `CancellationError`, and what the store throws.
    public func download(_ text: String, checksum: Digest? = nil, asOurselves: Bool = false) async throws -> WebFile {
        let (source, name) = try source(text, asOurselves)
        let records = ValidatorRecords(configuration)
        let known = try records.record(of: name).flatMap { record in
            try store.size(of: record.file.digest) == record.file.sizeInBytes ? record : nil
        }
        if let known, known.file.digest == checksum { return known.file }
        let download = try WebDownload(
            source, known: known, allowsLinkLocal: asOurselves, session: session, store: store)
        let record = try await retrying(download)
        if let checksum, record.file.digest != checksum {
            throw ContextsError.digestMismatch(
                url: source.shown, expected: checksum, actual: record.file.digest)
        }
        if record != known { try records.keep(record, of: name) }
        return record.file
    }

    /// What a text names, and the name under which it is remembered: not its signature's.
    private func source(_ text: String, _ asOurselves: Bool) throws(ContextsError) -> (WebSource, name: String) {
        do {
            if asOurselves, let object = try clouds.object(text) { return (.object(object), object.identifier) }
        } catch let error as CloudError {
            throw .cloud(error)
        } catch {
            preconditionFailure("naming an object throws nothing else")
        }
        guard let (url, authorization) = HTTPURL.parse(withCredentials: text) else {
            throw .invalidURL(Redaction.url(text))
        }
        return (.url(url, authorization: authorization), text)
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
