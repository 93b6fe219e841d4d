internal import HTTP
internal import Synchronization

/// An object of S3, or of a store that speaks S3's language.
///
/// `S3_ENDPOINT`, `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` name another store; `S3_FORCE_PATH_STYLE=true` has the bucket
/// in the path instead of the host's name, which an address, `localhost` and a bucket with dots over TLS need anyway.
final class SimpleStorageObject: CloudObject {
    private let name: ObjectName
    private let chain: AmazonChain
    private let endpoint: HTTPURL?
    private let usesPath: Bool
    private let state: Mutex<State>

    private struct State {
        /// Where the bucket said that it is.
        var region: String?
        var identity: AmazonIdentity?
        /// How often the next request was another than the last.
        var changes = 0
    }

    private static let mostChanges = 3

    init(_ name: ObjectName, _ chain: AmazonChain) throws(CloudError) {
        let configuration = chain.configuration
        self.name = name
        self.chain = chain
        state = Mutex(State())
        if let text = configuration.variable("S3_ENDPOINT") {
            let url = HTTPURL(text.contains("://") ? text : "https://\(text)")
            guard let url else { throw .setting(name: "S3_ENDPOINT", reason: "it is no http or https URL") }
            endpoint = url
        } else {
            endpoint = try AmazonEndpoint(configuration).override(of: "s3")
        }
        let wantsPath = ["true", "1"].contains(configuration.variable("S3_FORCE_PATH_STYLE")?.lowercased() ?? "")
        let host = endpoint?.origin.host ?? ""
        let isAddress = host.hasPrefix("[") || host.split(separator: ".").allSatisfy { UInt8($0) != nil }
        let hasName = endpoint == nil || !(isAddress || host == "localhost")
        usesPath = wantsPath || !hasName || name.bucket.contains(".") || !Self.isHostLabel(name.bucket)
    }

    private static func isHostLabel(_ text: String) -> Bool {
        text.utf8.count <= 63 && !text.contains("_") && text == text.lowercased()
    }

    var shown: String { name.shown }
    var identifier: String { "\(endpoint?.description ?? "") \(name.shown)" }

    func request(headers: [(name: String, value: String)]) async throws -> HTTPRequest {
        let region = try state.withLock { $0.region } ?? chain.region() ?? "us-east-1"
        var request = HTTPRequest(url: try url(in: region))
        request.headers = headers
        request.followsRedirects = false
        let identity = try await chain.identity()
        state.withLock { $0.identity = identity }
        guard let identity else { return request }
        let time = ServiceTime(chain.configuration.clock.secondsSince1970)
        return AmazonSignature(identity: identity, region: region, service: "s3", time: time)
            .signed(request, signsContent: true)
    }

    private func url(in region: String) throws(CloudError) -> HTTPURL {
        guard AmazonEndpoint.isRegion(region) else {
            throw .setting(name: "AWS_REGION", reason: "\"\(region)\" is no region")
        }
        let base = endpoint?.text ?? "https://s3.\(region).\(AmazonEndpoint.domain(region))/"
        let root = base.hasSuffix("/") ? String(base.dropLast()) : base
        let key = Percent.encode(name.key, keeping: "/")
        let scheme = root.prefix { $0 != ":" }
        let text =
            usesPath
            ? "\(root)/\(name.bucket)/\(key)" : "\(scheme)://\(name.bucket).\(root.dropFirst(scheme.count + 3))/\(key)"
        let query = name.version.map { "?versionId=\(Percent.encode($0))" } ?? ""
        guard let url = HTTPURL(text + query) else { throw .invalidObject(shown, reason: "cannot be made a URL") }
        return url
    }

    func refusal(_ response: HTTPResponse) async throws -> CloudError? {
        let report = ServiceReport(response.body)
        let region = Self.region(of: response)
        let now = state.withLock { $0 }
        if now.changes < Self.mostChanges {
            if let region, endpoint == nil, region != now.region, [301, 307, 400].contains(response.status) {
                state.withLock { state in
                    state.region = region
                    state.changes += 1
                }
                return nil
            }
            if ["ExpiredToken", "TokenRefreshRequired"].contains(report.code ?? ""), let identity = now.identity {
                chain.forget(identity)
                state.withLock { $0.changes += 1 }
                return nil
            }
        }
        return .object(
            shown, status: response.status, code: report.code, message: report.message,
            hint: hint(report.code, response, now.identity))
    }

    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    private static func region(of response: HTTPResponse) -> String? {
        let text = String(decoding: response.body, as: UTF8.self)
        let region = response.headers["x-amz-bucket-region"] ?? XMLText.element("Region", in: text)
        return region.flatMap { AmazonEndpoint.isRegion($0) ? $0 : nil }
    }

    private func hint(_ code: String?, _ response: HTTPResponse, _ identity: AmazonIdentity?) -> String? {
        switch code {
        case "RequestTimeTooSkewed":
            return ClockHint.text(response, now: chain.configuration.clock.secondsSince1970)
        case "NoSuchBucket" where endpoint == nil: return "the bucket is not there"
        default: break
        }
        if [301, 307].contains(response.status) { return "the bucket is in another region: AWS_REGION says which" }
        guard [401, 403].contains(response.status) else { return nil }
        guard let identity else {
            return "there are no credentials for it in \(chain.searched.joined(separator: ", "))"
        }
        return "asked as \(identity.accessKey)"
    }
}

/// What to say when a service finds our clock wrong.
enum ClockHint {
    static func text(_ response: HTTPResponse, now: Double) -> String {
        guard let date = response.headers["date"].flatMap(parseHTTPDate) else { return "this machine's clock is wrong" }
        let difference = Int(now) - Int(date)
        return "this machine's clock is \(abs(difference)) s \(difference < 0 ? "behind" : "ahead of") the service's"
    }
}
