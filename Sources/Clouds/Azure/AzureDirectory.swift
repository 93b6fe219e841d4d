internal import FoundationEssentials
internal import HTTP
internal import Synchronization

/// Finds out who we are to Azure's directory: by a client's secret, a workload's federated token, or the machine's
/// managed identity. Tokens are kept until they expire.
///
/// https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
public final class AzureDirectory: Sendable {
    let configuration: CloudConfiguration
    let client: ServiceClient
    private let tokens = Mutex<[String: Token?]>([:])

    struct Token: Sendable {
        let text: Secret
        let expires: Double
    }

    /// The chassis of every virtual machine in Azure.
    private static let chassis = "7783-7084-3265-9085-8269-3286-77"

    /// Looks at nothing yet.
    public init(_ configuration: CloudConfiguration) {
        self.configuration = configuration
        client = ServiceClient(configuration)
    }

    /// Where an identity was looked for, for the error of one who has none.
    public var searched: [String] {
        [
            "AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or \(Self.tokenFile) and AZURE_TENANT_ID",
            "the machine's managed identity",
        ]
    }

    /// A token for a resource such as `https://storage.azure.com`; nil when there is no identity.
    func token(resource: String) async throws -> Secret? {
        let now = configuration.clock.secondsSince1970
        if let known = tokens.withLock({ $0[resource] }), (known?.expires ?? .infinity) > now + 60 {
            return known?.text
        }
        let token = try await find(resource, asked: now)
        tokens.withLock { $0[resource] = .some(token) }
        return token?.text
    }

    var tenant: String? { configuration.variable("AZURE_TENANT_ID") }

    private static let tokenFile = "AZURE_FEDERATED_TOKEN_FILE"

    static func hostFiles(_ configuration: CloudConfiguration) -> [String] {
        [configuration.variable(tokenFile)].compactMap(\.self)
    }

    private func find(_ resource: String, asked now: Double) async throws -> Token? {
        if let clientID = configuration.variable("AZURE_CLIENT_ID"), let tenant {
            if let secret = configuration.variable("AZURE_CLIENT_SECRET") {
                return try await clientToken(tenant, resource, asked: now) {
                    [("client_id", clientID), ("client_secret", secret)]
                }
            }
            if let file = configuration.variable(Self.tokenFile) {
                return try await clientToken(tenant, resource, asked: now) {
                    let assertion = SettingsFile.trimmed(try SettingsFile.text(file, namedBy: Self.tokenFile))
                    return [
                        ("client_id", clientID), ("client_assertion", assertion),
                        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ]
                }
            }
        }
        return try await managedToken(resource, asked: now)
    }

    private func clientToken(
        _ tenant: String, _ resource: String, asked now: Double,
        _ proof: @escaping () throws -> [(name: String, value: String)]
    ) async throws -> Token {
        let name = "AZURE_AUTHORITY_HOST"
        var base = configuration.variable(name) ?? "https://login.microsoftonline.com"
        if !base.contains("://") { base = "https://\(base)" }
        while base.hasSuffix("/") { base.removeLast() }
        guard let url = HTTPURL("\(base)/\(Percent.encode(tenant))/oauth2/v2.0/token"),
            url.origin.isSecure || url.origin.isLoopback
        else { throw CloudError.setting(name: name, reason: "it is no https URL") }
        let answer = try await client.decode(Answer.self, doing: "token of Azure's directory") {
            let form = try [("grant_type", "client_credentials"), ("scope", "\(resource)/.default")] + proof()
            var request = HTTPRequest(method: .post, url: url, body: .bytes(Array(HTTPURL.form(form).utf8)))
            request.headers = [("Content-Type", "application/x-www-form-urlencoded")]
            return request
        }
        return Token(text: Secret(answer.token), expires: now + answer.life)
    }

    // MARK: Managed identities

    /// https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
    private func managedToken(_ resource: String, asked now: Double) async throws -> Token? {
        guard let (url, headers) = try managedEndpoint() else { return nil }
        var items = [(name: "resource", value: resource)]
        if let clientID = configuration.variable("AZURE_CLIENT_ID") { items.append(("client_id", clientID)) }
        var request = HTTPRequest(url: url.adding(query: items))
        request.headers = headers
        let doing = "token of the machine"
        do {
            guard let body = try await client.probe(doing: doing, request, isKnown: true) else { return nil }
            guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)) else {
                throw CloudError.unexpectedAnswer(doing: doing, url: url.description, reason: "the answer has no token")
            }
            return Token(text: Secret(answer.token), expires: now + answer.life)
        } catch CloudError.service(_, _, 400..<405, _, _) {
            // A machine without an identity.
            return nil
        }
    }

    /// The service of an App Service or a Container App, else that of a machine that is known to be Azure's.
    private func managedEndpoint() throws -> (HTTPURL, [(name: String, value: String)])? {
        if let text = configuration.variable("IDENTITY_ENDPOINT"),
            let secret = configuration.variable("IDENTITY_HEADER")
        {
            guard let url = HTTPURL(text) else {
                throw CloudError.setting(name: "IDENTITY_ENDPOINT", reason: "it is no URL")
            }
            return (url.adding(query: [("api-version", "2019-08-01")]), [("X-IDENTITY-HEADER", secret)])
        }
        let name = "AZURE_POD_IDENTITY_AUTHORITY_HOST"
        let host = configuration.variable(name)
        guard host != nil || isOnAzure else { return nil }
        var base = host ?? "http://169.254.169.254"
        while base.hasSuffix("/") { base.removeLast() }
        guard let url = HTTPURL("\(base)/metadata/identity/oauth2/token") else {
            throw CloudError.setting(name: name, reason: "it is no URL")
        }
        return (url.adding(query: [("api-version", "2018-02-01")]), [("Metadata", "true")])
    }

    /// False where the machine's description is not to be read: then nothing says so.
    private var isOnAzure: Bool {
        let tag = (try? SettingsFile.text("\(configuration.firmware)/chassis_asset_tag")) ?? nil
        return tag?.hasPrefix(Self.chassis) ?? false
    }

    /// A number in one service's answers and a text in the other's.
    private struct Seconds: Decodable {
        let value: Double

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            do {
                value = try container.decode(Double.self)
            } catch DecodingError.typeMismatch {
                guard let number = Double(try container.decode(String.self)) else {
                    throw DecodingError.dataCorruptedError(in: container, debugDescription: "it is no number")
                }
                value = number
            }
        }
    }

    /// Without a life it is short: then the service is asked again.
    private struct Answer: Decodable {
        let token: String
        let life: Double

        private enum CodingKeys: String, CodingKey {
            case token = "access_token"
            case life = "expires_in"
            case end = "expires_on"
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            token = try values.decode(String.self, forKey: .token)
            life = try values.decodeIfPresent(Seconds.self, forKey: .life)?.value ?? 300
        }
    }
}
