internal import FileSystem
internal import FoundationEssentials
internal import HTTP
internal import OCI
internal import SystemPackage

/// By what a server tells whether a file has changed: RFC 9110 section 8.8.
struct Validators: Hashable, Sendable, Codable {
    var etag: String?
    var lastModified: String?

    init(_ headers: HTTPHeaders) {
        etag = headers["etag"].flatMap { Self.isPlain($0) ? $0 : nil }
        lastModified = headers["last-modified"].flatMap { Self.isPlain($0) && Self.isPast($0, headers) ? $0 : nil }
    }

    /// A file may change twice within a second: a time holds only once it is over (RFC 9110 section 8.8.2.2).
    private static func isPast(_ time: String, _ headers: HTTPHeaders) -> Bool {
        guard let time = parseHTTPDate(time), let date = headers["date"].flatMap(parseHTTPDate) else { return false }
        return time < date
    }

    /// Header fields of a request for the file if it has changed.
    var conditions: [(name: String, value: String)] {
        if let etag { return [("If-None-Match", etag)] }
        return lastModified.map { [("If-Modified-Since", $0)] } ?? []
    }

    /// What holds the parts of one file together; a weak tag does not.
    var forRanges: String? { etag.flatMap { $0.hasPrefix("W/") ? nil : $0 } ?? lastModified }

    /// It goes into a header again.
    private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { (32...126).contains($0) } }
}

/// What a URL gave when it was last asked.
struct ValidatorRecord: Hashable, Sendable {
    var file: WebFile
    var validators: Validators
}

/// What is known of URLs, a small file for each; its name does not tell the URL, which may hold a signature.
struct ValidatorRecords {
    private let configuration: ContextsConfiguration

    init(_ configuration: ContextsConfiguration) { self.configuration = configuration }

    private struct Document: Codable {
        var digest: String
        var size: Int64
        var lastModified: Int64?
        var validators: Validators
    }

    /// Nil also for a record that cannot be understood.
    func record(of url: String) throws -> ValidatorRecord? {
        guard let bytes = try read(url), let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)),
            let digest = try? Digest(document.digest)
        else { return nil }
        return ValidatorRecord(
            file: WebFile(digest: digest, sizeInBytes: document.size, lastModified: document.lastModified),
            validators: document.validators)
    }

    func keep(_ record: ValidatorRecord, of url: String) throws {
        let document = Document(
            digest: record.file.digest.description, size: record.file.sizeInBytes,
            lastModified: record.file.lastModified, validators: record.validators)
        let folder = try OpenFile.makeFolders(folder.string, mode: 0o700)
        let drafts = try OpenFile.open(configuration.temporary.string, [.pathOnly, .directory])
        let draft = TemporaryName.make("url")
        try drafts.open(draft, [.write, .create, .exclusive], mode: 0o600)
            .writeAll(Array(JSONEncoder().encode(document)))
        try drafts.rename(draft, to: Self.name(url), in: folder)
    }

    private func read(_ url: String) throws(SystemError) -> [UInt8]? {
        do {
            let folder = try OpenFile.open(folder.string, [.pathOnly, .directory])
            return try folder.open(Self.name(url), [.read, .noFollow]).readAll(limit: 1 << 16)
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }

    private var folder: FilePath { configuration.folder.appending("http") }

    private static func name(_ url: String) -> FileName { FileName(Digest(of: Array(url.utf8)).hex) }
}

/// Names that nobody else has.
enum TemporaryName {
    static func make(_ prefix: String) -> FileName {
        FileName("\(prefix)-" + String(UInt64.random(in: .min ... .max), radix: 36))
    }
}
