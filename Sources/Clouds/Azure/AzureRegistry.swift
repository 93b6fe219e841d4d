internal import FoundationEssentials
public import HTTP

/// A registry of Azure, and how one logs in to it.
public struct AzureRegistry: Hashable, Sendable {
    let host: String
    private let resource: String
    /// Where tokens are exchanged; the registry itself.
    let origin: String

    private static let resources = [
        "azurecr.io": "https://containerregistry.azure.net", "azurecr.cn": "https://containerregistry.azure.cn",
        "azurecr.us": "https://containerregistry.azure.us",
    ]

    /// Nil for a registry of anybody else: `NAME.azurecr.io`, `.cn` or `.us`, and nothing that only looks like them. Our
    /// token for the whole directory goes there.
    public init?(registry: String) { self.init(registry: registry, origin: "https://\(registry)") }

    init?(registry: String, origin: String) {
        let labels = registry.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count == 3, let resource = Self.resources["\(labels[1]).\(labels[2])"], !labels[0].isEmpty,
            labels[0].utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 })
        else { return nil }
        host = registry
        self.resource = resource
        self.origin = origin
    }

    /// A refresh token of the registry's own, and when it ends; nil when there is no identity. Throws `CloudError`.
    ///
    /// https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md
    public func refreshToken(_ directory: AzureDirectory) async throws -> (text: Secret, expires: Double)? {
        guard let token = try await directory.token(resource: resource) else { return nil }
        guard let url = HTTPURL("\(origin)/oauth2/exchange") else { preconditionFailure("a host makes a URL") }
        var form = [("grant_type", "access_token"), ("service", host), ("access_token", token.revealed)]
        if let tenant = directory.tenant { form.append(("tenant", tenant)) }
        let body = HTTPURL.form(form.map { (name: $0.0, value: $0.1) })
        let asked = directory.configuration.clock.secondsSince1970
        let answer = try await directory.client.decode(Answer.self, doing: "login to \(host)") {
            var request = HTTPRequest(method: .post, url: url, body: .bytes(Array(body.utf8)))
            request.headers = [("Content-Type", "application/x-www-form-urlencoded")]
            return request
        }
        // It holds for three hours.
        return (Secret(answer.token), asked + 2.5 * 3600)
    }

    private struct Answer: Decodable {
        let token: String
        private enum CodingKeys: String, CodingKey { case token = "refresh_token" }
    }
}
