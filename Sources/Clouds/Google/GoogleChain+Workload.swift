internal import FoundationEssentials
internal import HTTP

/// Where the token is that identifies a workload to someone else: a file, or a service as GitHub's jobs have one.
struct WorkloadTokenSource: Decodable {
    struct Format: Decodable {
        var type: String?
        var field: String?
        private enum CodingKeys: String, CodingKey {
            case type
            case field = "subject_token_field_name"
        }
    }

    var file: String?
    var url: String?
    var headers: [String: String]?
    var format: Format?
}

// Workload identity federation: https://google.aip.dev/auth/4117
extension GoogleChain {
    private static let cloud = "https://www.googleapis.com/auth/cloud-platform"

    /// A token for what identifies us elsewhere; in the name of a service account, if the file says so.
    func workloadToken(
        _ file: GoogleCredentialFile, _ path: String, _ scope: String, asked now: Double
    ) async throws -> GoogleToken {
        guard let audience = file.audience, let type = file.subjectTokenType, let source = file.source else {
            throw CloudError.file(path: path, reason: "audience, subject_token_type or credential_source is missing")
        }
        let url = try GoogleCredentialFile.url(
            file.exchangeURL ?? "https://sts.googleapis.com/v1/token", "token_url", path)
        let subject = try await subjectToken(source, path)
        let answer = try await client.decode(Exchanged.self, doing: "token of \(path)") {
            let form = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("audience", audience),
                ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("subject_token_type", type), ("subject_token", subject.revealed),
                ("scope", file.impersonationURL == nil ? scope : Self.cloud),
            ]
            var request = HTTPRequest(method: .post, url: url)
            request.body = .bytes(Array(HTTPURL.form(form.map { (name: $0.0, value: $0.1) }).utf8))
            request.headers = [("Content-Type", "application/x-www-form-urlencoded")]
            return request
        }
        let token = GoogleToken(text: Secret(answer.token), expires: now + (answer.life ?? 3600))
        guard let account = file.impersonationURL else { return token }
        return try await impersonated(account, token, path, scope, asked: now)
    }

    private func impersonated(
        _ account: String, _ token: GoogleToken, _ path: String, _ scope: String, asked now: Double
    ) async throws -> GoogleToken {
        let url = try GoogleCredentialFile.url(account, "service_account_impersonation_url", path)
        let answer = try await client.decode(Impersonated.self, doing: "token of a service account") {
            var request = HTTPRequest(method: .post, url: url)
            request.authorization = Secret("Bearer \(token.text.revealed)")
            request.headers = [("Content-Type", "application/json")]
            request.body = .bytes(Array(#"{"scope":["\#(scope)"],"lifetime":"3600s"}"#.utf8))
            return request
        }
        let end = ServiceTime(answer.expireTime).map { Double($0.secondsSince1970) }
        return GoogleToken(text: Secret(answer.accessToken), expires: end ?? now + 3600)
    }

    private func subjectToken(_ source: WorkloadTokenSource, _ path: String) async throws -> Secret {
        let text: String
        if let file = source.file {
            text = try SettingsFile.text(file, namedBy: "credential_source of \(path)")
        } else if let address = source.url, let url = HTTPURL(address),
            url.origin.isSecure || url.origin.isLoopback || url.origin.isLinkLocal
        {
            let bytes = try await client.answer(doing: "the workload's token") {
                var request = HTTPRequest(url: url)
                request.headers = (source.headers ?? [:]).map { (name: $0.key, value: $0.value) }
                return request
            }
            text = String(decoding: bytes, as: UTF8.self)
        } else {
            throw CloudError.file(path: path, reason: "its credential_source is neither a file nor an https URL")
        }
        guard source.format?.type == "json" else { return Secret(SettingsFile.trimmed(text)) }
        guard let fields = try? JSONDecoder().decode([String: Field].self, from: Data(text.utf8)) else {
            throw CloudError.file(path: path, reason: "what its credential_source gives is no JSON object")
        }
        guard let name = source.format?.field, let token = fields[name]?.text else {
            throw CloudError.file(path: path, reason: "its credential_source has no such field")
        }
        return Secret(token)
    }

    /// A field of any type; only texts have one.
    private struct Field: Decodable {
        let text: String?
        init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
    }

    private struct Exchanged: Decodable {
        let token: String
        let life: Double?
        private enum CodingKeys: String, CodingKey {
            case token = "access_token"
            case life = "expires_in"
        }
    }

    private struct Impersonated: Decodable {
        let accessToken: String
        let expireTime: String
    }
}
