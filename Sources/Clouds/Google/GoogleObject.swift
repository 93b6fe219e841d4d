internal import HTTP
internal import Synchronization

/// An object of Google's Cloud Storage, by its XML API, whose answers have validators.
///
/// https://cloud.google.com/storage/docs/xml-api/get-object-download
final class GoogleObject: CloudObject {
    private static let scope = "https://www.googleapis.com/auth/devstorage.read_only"

    private let name: ObjectName
    private let chain: GoogleChain
    private let url: HTTPURL
    private let isEmulated: Bool
    private let token = Mutex<(text: Secret?, changes: Int)>((nil, 0))

    init(_ name: ObjectName, _ chain: GoogleChain) throws(CloudError) {
        self.name = name
        self.chain = chain
        let emulator = chain.configuration.variable("STORAGE_EMULATOR_HOST")
        isEmulated = emulator != nil
        var base = emulator ?? "https://storage.googleapis.com"
        if !base.contains("://") { base = "http://\(base)" }
        while base.hasSuffix("/") { base.removeLast() }
        let query = name.version.map { "?generation=\(Percent.encode($0))" } ?? ""
        guard let url = HTTPURL("\(base)/\(name.bucket)/\(Percent.encode(name.key, keeping: "/"))\(query)") else {
            throw .setting(name: "STORAGE_EMULATOR_HOST", reason: "it is neither HOST:PORT nor a URL")
        }
        self.url = url
    }

    var shown: String { name.shown }
    var identifier: String { "\(url.origin) \(name.shown)" }

    /// An emulator is asked without an identity, as Google's own libraries do it.
    func request(headers: [(name: String, value: String)]) async throws -> HTTPRequest {
        var request = HTTPRequest(url: url)
        request.headers = headers
        request.followsRedirects = false
        guard !isEmulated, let text = try await chain.token(scope: Self.scope) else { return request }
        token.withLock { $0.text = text }
        request.authorization = Secret("Bearer \(text.revealed)")
        return request
    }

    func refusal(_ response: HTTPResponse) async throws -> CloudError? {
        let (text, changes) = token.withLock { ($0.text, $0.changes) }
        if response.status == 401, let text, changes == 0 {
            chain.forget(text)
            token.withLock { $0.changes += 1 }
            return nil
        }
        let report = ServiceReport(response.body)
        let isRefused = [401, 403].contains(response.status)
        return .object(
            shown, status: response.status, code: report.code, message: report.message,
            hint: isRefused && text == nil
                ? "there are no credentials for it in \(chain.searched.joined(separator: ", "))" : nil)
    }
}
