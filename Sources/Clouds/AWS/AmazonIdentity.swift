public import HTTP

/// Who we are to AWS.
public struct AmazonIdentity: Hashable, Sendable {
    public var accessKey: String
    public var secretKey: Secret
    public var sessionToken: Secret?
    /// In seconds since 1970; nil for keys that do not expire.
    public var expires: Double?

    public init(accessKey: String, secretKey: Secret, sessionToken: Secret? = nil, expires: Double? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
        self.expires = expires
    }
}

/// What AWS's services and `credential_process` answer; the names differ by the case of letters.
struct AmazonKeysDocument: Decodable {
    var accessKey: String
    var secretKey: String
    var token: String?
    var expiration: String?

    private enum CodingKeys: String, CodingKey {
        case accessKey = "AccessKeyId"
        case secretKey = "SecretAccessKey"
        case sessionToken = "SessionToken"
        case token = "Token"
        case expiration = "Expiration"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        accessKey = try values.decode(String.self, forKey: .accessKey)
        secretKey = try values.decode(String.self, forKey: .secretKey)
        token =
            try values.decodeIfPresent(String.self, forKey: .token)
            ?? values.decodeIfPresent(String.self, forKey: .sessionToken)
        expiration = try values.decodeIfPresent(String.self, forKey: .expiration)
    }

    var identity: AmazonIdentity {
        AmazonIdentity(
            accessKey: accessKey, secretKey: Secret(secretKey), sessionToken: token.map { Secret($0) },
            expires: expiration.flatMap { ServiceTime($0) }.map { Double($0.secondsSince1970) })
    }
}
