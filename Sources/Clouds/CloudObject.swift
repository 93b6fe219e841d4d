public import HTTP

/// One file in a cloud's store of objects, and who asks for it.
public protocol CloudObject: Sendable {
    /// As its user writes it, without anything secret.
    var shown: String { get }
    /// What is the same in each run: under it what is known of the object is kept.
    var identifier: String { get }
    /// A GET request for it with these header fields, signed now. Throws `CloudError`.
    func request(headers: [(name: String, value: String)]) async throws -> HTTPRequest
    /// Why it was not given, from an answer that is neither a success nor "not modified"; nil when the next request goes
    /// elsewhere or is signed anew, and can succeed. That is so at most a few times in an object's life.
    func refusal(_ response: HTTPResponse) async throws -> CloudError?
}

/// Finds out which texts name files in clouds, and who we are to each cloud.
public struct CloudFiles: Sendable {
    private let configuration: CloudConfiguration
    private let amazon: AmazonChain
    private let google: GoogleChain
    private let azure: AzureDirectory

    /// Looks at nothing yet.
    public init(_ configuration: CloudConfiguration) {
        self.configuration = configuration
        amazon = AmazonChain(configuration)
        google = GoogleChain(configuration)
        azure = AzureDirectory(configuration)
    }

    /// The object that a text names: `s3://BUCKET/KEY`, `gs://BUCKET/KEY`, or the `https` URL of a blob in one of Azure's
    /// clouds. Nil for any other text. Throws `invalidObject` for one that begins like this and names none.
    public func object(_ text: String) throws -> (any CloudObject)? {
        if let name = try ObjectName(text, scheme: "s3") { return try SimpleStorageObject(name, amazon) }
        if let name = try ObjectName(text, scheme: "gs") { return try GoogleObject(name, google) }
        return try AzureBlob(text, azure)
    }
}

/// A bucket and a key, as kaniko writes them: `SCHEME://BUCKET/KEY`.
struct ObjectName: Hashable {
    let scheme: String
    let bucket: String
    let key: String
    /// S3's `versionId`, Google's `generation`.
    let version: String?

    /// The key of a bucket's context when none is named.
    static let defaultKey = "context.tar.gz"

    /// Nil for a text of another scheme.
    init?(_ text: String, scheme: String) throws(CloudError) {
        guard text.lowercased().hasPrefix("\(scheme)://") else { return nil }
        let name = text.dropFirst(scheme.utf8.count + 3)
        let parts = name.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let shown = "\(scheme)://\(parts[0])"
        let path = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        bucket = String(path[0])
        guard Self.isBucket(bucket) else { throw .invalidObject(shown, reason: "names no bucket") }
        guard let key = Percent.decode(path.count > 1 ? path[1] : "") else {
            throw .invalidObject(shown, reason: "has a key that is not UTF-8")
        }
        self.key = key.isEmpty ? Self.defaultKey : key
        guard !self.key.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }),
            self.key.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }), self.key.utf8.count <= 1024
        else { throw .invalidObject(shown, reason: "has a key that cannot be asked for") }
        let parameter = scheme == "s3" ? "versionId" : "generation"
        version = try parts.count < 2 ? nil : Self.version(parts[1], parameter, shown)
        self.scheme = scheme
    }

    private static func version(_ query: Substring, _ parameter: String, _ shown: String) throws(CloudError) -> String {
        let pair = query.split(separator: "=", maxSplits: 1)
        guard pair.count == 2, pair[0] == parameter, let value = Percent.decode(pair[1]), !value.contains("&") else {
            throw .invalidObject(shown, reason: "has a query; only \"\(parameter)\" can stand in one")
        }
        return value
    }

    /// Letters, digits, hyphens, dots and underscores: it becomes a part of a host's name.
    private static func isBucket(_ text: String) -> Bool {
        (3...222).contains(text.utf8.count) && !text.contains("..") && !text.hasPrefix(".") && !text.hasSuffix(".")
            && text.utf8.allSatisfy {
                (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0)
                    || [45, 46, 95].contains($0)
            }
    }

    var shown: String { "\(scheme)://\(bucket)/\(key)" + (version.map { "?version=\($0)" } ?? "") }
}
