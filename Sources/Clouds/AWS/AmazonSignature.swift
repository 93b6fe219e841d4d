internal import HTTP

/// AWS's Signature Version 4, in the `Authorization` header.
///
/// libcurl's own (CURLOPT_AWS_SIGV4) is not used: that of 7.88.1 does not sort the query, and sends no
/// `x-amz-content-sha256`.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct AmazonSignature {
    let identity: AmazonIdentity
    let region: String
    let service: String
    let time: ServiceTime

    /// The request with the header fields that make it ours. Its path and query must be percent-encoded as `Percent` does
    /// it. The body is signed, which must be bytes; fields of the request that begin with `x-amz-` are signed too.
    func signed(_ request: HTTPRequest, signsContent: Bool) -> HTTPRequest {
        var result = request
        let content = Codes.sha256(request.signedBytes)
        result.headers.append(("X-Amz-Date", time.basic))
        if signsContent { result.headers.append(("X-Amz-Content-Sha256", content)) }
        if let token = identity.sessionToken { result.headers.append(("X-Amz-Security-Token", token.revealed)) }
        let headers = Self.signedHeaders(of: result)
        let canonical = canonicalRequest(result, headers, content: content)
        let text = ["AWS4-HMAC-SHA256", time.basic, scope, Codes.sha256(Array(canonical.utf8))].joined(separator: "\n")
        let signature = Codes.hex(Codes.hmac(key, text))
        let names = headers.map(\.name).joined(separator: ";")
        result.authorization = Secret(
            "AWS4-HMAC-SHA256 Credential=\(identity.accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
        )
        // All of it is for this address.
        result.followsRedirects = false
        return result
    }

    private var scope: String { "\(time.day)/\(region)/\(service)/aws4_request" }

    private var key: [UInt8] {
        [time.day, region, service, "aws4_request"].reduce(Array("AWS4\(identity.secretKey.revealed)".utf8)) {
            Codes.hmac($0, $1)
        }
    }

    func canonicalRequest(_ request: HTTPRequest, _ headers: [(name: String, value: String)], content: String) -> String
    {
        let parts = [
            request.method.rawValue, request.url.path, Self.canonicalQuery(request.url),
            headers.map { "\($0.name):\($0.value)\n" }.joined(), headers.map(\.name).joined(separator: ";"), content,
        ]
        return parts.joined(separator: "\n")
    }

    /// Sorted by name.
    static func signedHeaders(of request: HTTPRequest) -> [(name: String, value: String)] {
        let fields = request.headers.map { (name: $0.name.lowercased(), value: SettingsFile.trimmed($0.value)) }
        let signed = fields.filter { $0.name.hasPrefix("x-amz-") || ["content-type", "range"].contains($0.name) }
        return (signed + [("host", request.url.host)]).sorted { $0.name < $1.name }
    }

    private static func canonicalQuery(_ url: HTTPURL) -> String {
        url.query.split(separator: "&").map { item in
            item.contains("=") ? String(item) : "\(item)="
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: "&")
    }
}

extension HTTPRequest {
    fileprivate var signedBytes: [UInt8] {
        guard case .bytes(let bytes) = body else { return [] }
        return bytes
    }
}

extension HTTPURL {
    /// What stands in a `Host` header: the port only where it is not the scheme's own.
    var host: String { String(origin.description.dropFirst(origin.scheme.utf8.count + 3)) }

    /// As written, without the question mark.
    var query: Substring {
        guard let mark = text.firstIndex(of: "?") else { return "" }
        return text[text.index(after: mark)...].prefix { $0 != "#" }
    }
}
