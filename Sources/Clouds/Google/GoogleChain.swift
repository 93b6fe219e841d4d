internal import FoundationEssentials
public import HTTP
internal import Synchronization

/// Finds out who we are to Google, by its application default credentials: the file of the environment or of gcloud, the
/// machine's metadata service. Tokens are kept until they expire.
///
/// https://cloud.google.com/docs/authentication/application-default-credentials
public final class GoogleChain: Sendable {
    let configuration: CloudConfiguration
    let client: ServiceClient
    private let tokens = Mutex<[String: GoogleToken?]>([:])

    /// Looks at nothing yet.
    public init(_ configuration: CloudConfiguration) {
        self.configuration = configuration
        client = ServiceClient(configuration)
    }

    /// A token for a scope; nil when there is no identity. Throws `CloudError` when there is one and it gives no token.
    func token(scope: String) async throws -> Secret? { try await timedToken(scope: scope)?.text }

    /// A token for everything that the identity may do, for registries, and when it ends.
    public func registryToken() async throws -> (text: Secret, expires: Double)? {
        try await timedToken(scope: "https://www.googleapis.com/auth/cloud-platform").map { ($0.text, $0.expires) }
    }

    private func timedToken(scope: String) async throws -> GoogleToken? {
        let now = configuration.clock.secondsSince1970
        if let known = tokens.withLock({ $0[scope] }), (known?.expires ?? .infinity) > now + 60 { return known }
        let token = try await find(scope, asked: now)
        tokens.withLock { $0[scope] = .some(token) }
        return token
    }

    /// Forgets a token that a service refused.
    func forget(_ refused: Secret) {
        tokens.withLock { tokens in tokens = tokens.filter { $0.value?.text != refused } }
    }

    /// Where an identity was looked for, for the error of one who has none.
    public var searched: [String] {
        [Self.setting] + [Self.wellKnownFile(configuration)].compactMap { $0 } + ["the machine's metadata service"]
    }

    private static let setting = "GOOGLE_APPLICATION_CREDENTIALS"

    static func hostFiles(_ configuration: CloudConfiguration) -> [String] {
        guard let path = configuration.variable(setting) ?? wellKnownFile(configuration) else { return [] }
        // Of a file that cannot be read whoever needs it is told.
        let text = (try? SettingsFile.text(path)) ?? ""
        let file = try? JSONDecoder().decode(GoogleCredentialFile.self, from: Data(text.utf8))
        return [path] + [file?.source?.file].compactMap(\.self)
    }

    private static func wellKnownFile(_ configuration: CloudConfiguration) -> String? {
        let folder = configuration.variable("CLOUDSDK_CONFIG") ?? configuration.home(".config/gcloud")
        return folder.map { "\($0)/application_default_credentials.json" }
    }

    private func find(_ scope: String, asked now: Double) async throws -> GoogleToken? {
        if let path = configuration.variable(Self.setting) {
            return try await token(path, SettingsFile.text(path, namedBy: Self.setting), scope, asked: now)
        }
        if let path = Self.wellKnownFile(configuration), let text = try SettingsFile.text(path) {
            return try await token(path, text, scope, asked: now)
        }
        return try await machineToken(scope, asked: now)
    }

    private func token(_ path: String, _ text: String, _ scope: String, asked now: Double) async throws -> GoogleToken {
        guard let file = try? JSONDecoder().decode(GoogleCredentialFile.self, from: Data(text.utf8)) else {
            throw CloudError.file(path: path, reason: "it is no file of credentials as Google writes them")
        }
        if file.type == "external_account" { return try await workloadToken(file, path, scope, asked: now) }
        let url = try file.tokenURL(path)
        let doing = "token of \(path)"
        let answer = try await client.decode(GoogleTokenAnswer.self, doing: doing) { [configuration] in
            let form = try file.form(path, scope, now: configuration.clock.secondsSince1970)
            var request = HTTPRequest(method: .post, url: url, body: .bytes(Array(HTTPURL.form(form).utf8)))
            request.headers = [("Content-Type", "application/x-www-form-urlencoded")]
            return request
        }
        return GoogleToken(text: Secret(answer.token), expires: now + answer.life)
    }

    // MARK: The machine

    /// https://cloud.google.com/compute/docs/metadata/querying-metadata
    private func machineToken(_ scope: String, asked now: Double) async throws -> GoogleToken? {
        guard isOnGoogle else { return nil }
        let name = "GCE_METADATA_HOST"
        let host = configuration.variable(name) ?? "metadata.google.internal"
        let path = "/computeMetadata/v1/instance/service-accounts/default/token"
        guard let url = HTTPURL("http://\(host)\(path)") else {
            throw CloudError.setting(name: name, reason: "it is not HOST:PORT")
        }
        var request = HTTPRequest(url: url.adding(query: [("scopes", scope)]))
        request.headers = [("Metadata-Flavor", "Google")]
        do {
            let doing = "token of the machine"
            guard let body = try await client.probe(doing: doing, request, isKnown: true) else { return nil }
            guard let answer = try? JSONDecoder().decode(GoogleTokenAnswer.self, from: Data(body)) else {
                throw CloudError.unexpectedAnswer(
                    doing: doing, url: url.description, reason: "the answer has no token")
            }
            return GoogleToken(text: Secret(answer.token), expires: now + answer.life)
        } catch CloudError.service(_, _, 404, _, _) {
            // A machine without a service account.
            return nil
        }
    }

    /// Whether something says so, which a description that is not to be read does not: elsewhere the name would be looked up
    /// for nothing.
    private var isOnGoogle: Bool {
        if configuration.variable("GCE_METADATA_HOST", "K_SERVICE", "CLOUD_RUN_JOB") != nil { return true }
        let product = (try? SettingsFile.text("\(configuration.firmware)/product_name")) ?? nil
        return product?.hasPrefix("Google") ?? false
    }
}

struct GoogleToken: Sendable {
    let text: Secret
    let expires: Double
}

private struct GoogleTokenAnswer: Decodable {
    let token: String
    let life: Double

    private enum CodingKeys: String, CodingKey {
        case token = "access_token"
        case life = "expires_in"
    }
}
