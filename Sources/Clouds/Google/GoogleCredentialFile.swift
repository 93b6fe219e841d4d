internal import HTTP

/// A file of credentials: of a service account; of a user, as `gcloud auth application-default login` leaves it; or of a
/// workload that another's token identifies.
struct GoogleCredentialFile: Decodable {
    var type: String
    var email: String?
    var key: String?
    var keyID: String?
    var tokenURI: String?
    var clientID: String?
    var clientSecret: String?
    var refreshToken: String?
    var audience: String?
    var subjectTokenType: String?
    var exchangeURL: String?
    var impersonationURL: String?
    var source: WorkloadTokenSource?

    private enum CodingKeys: String, CodingKey {
        case type
        case email = "client_email"
        case key = "private_key"
        case keyID = "private_key_id"
        case tokenURI = "token_uri"
        case clientID = "client_id"
        case clientSecret = "client_secret"
        case refreshToken = "refresh_token"
        case audience
        case subjectTokenType = "subject_token_type"
        case exchangeURL = "token_url"
        case impersonationURL = "service_account_impersonation_url"
        case source = "credential_source"
    }

    /// Where a token is had for it. Throws `file` for one to which nothing secret is sent.
    func tokenURL(_ path: String) throws(CloudError) -> HTTPURL {
        try Self.url(tokenURI ?? "https://oauth2.googleapis.com/token", "token_uri", path)
    }

    /// A URL of the file's. Throws `file` for one to which nothing secret is sent.
    static func url(_ text: String, _ name: String, _ path: String) throws(CloudError) -> HTTPURL {
        guard let url = HTTPURL(text), url.origin.isSecure || url.origin.isLoopback else {
            throw .file(path: path, reason: "its \(name) is no https URL")
        }
        return url
    }

    /// What is sent there.
    func form(_ path: String, _ scope: String, now: Double) throws(CloudError) -> [(name: String, value: String)] {
        switch type {
        case "service_account":
            let assertion = try assertion(path, scope, now: now)
            return [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)]
        case "authorized_user":
            guard let clientID, let clientSecret, let refreshToken else {
                throw .file(path: path, reason: "client_id, client_secret or refresh_token is missing")
            }
            return [
                ("grant_type", "refresh_token"), ("client_id", clientID), ("client_secret", clientSecret),
                ("refresh_token", refreshToken),
            ]
        default:
            throw .file(
                path: path,
                reason: "credentials of type \"\(type)\" are not supported;"
                    + " service_account, authorized_user and external_account are")
        }
    }

    /// A token that the account's key signs, for an hour: RFC 7523.
    private func assertion(_ path: String, _ scope: String, now: Double) throws(CloudError) -> String {
        guard let email, let key else { throw .file(path: path, reason: "client_email or private_key is missing") }
        let seconds = Int64(now)
        let identifier = keyID.map { #","kid":\#(Self.quoted($0))"# } ?? ""
        let header = #"{"alg":"RS256","typ":"JWT"\#(identifier)}"#
        let audience = try Self.quoted(tokenURL(path).text)
        let claims =
            #"{"iss":\#(Self.quoted(email)),"scope":\#(Self.quoted(scope)),"aud":\#(audience),"#
            + #""iat":\#(seconds),"exp":\#(seconds + 3600)}"#
        let text = [header, claims].map { Codes.base64URL(Array($0.utf8)) }.joined(separator: ".")
        guard let signature = Codes.rs256(text, key: key) else {
            throw .file(path: path, reason: "its private_key is no RSA key in PEM form")
        }
        return "\(text).\(Codes.base64URL(signature))"
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
