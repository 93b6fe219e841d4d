internal import HTTP

/// The signature that Azure's store wants of one who has an account's key.
///
/// https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key
struct AzureSharedKey {
    let account: String
    let key: [UInt8]

    /// The header fields whose values are signed by their places.
    private static let places = [
        "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
        "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
    ]

    /// The request, which has no body, with its `Authorization`.
    func signed(_ request: HTTPRequest) -> HTTPRequest {
        var result = request
        let signature = Codes.base64(Codes.hmac(key, stringToSign(request)))
        result.authorization = Secret("SharedKey \(account):\(signature)")
        return result
    }

    func stringToSign(_ request: HTTPRequest) -> String {
        let fields = request.headers.map { (name: $0.name.lowercased(), value: SettingsFile.trimmed($0.value)) }
        let values = Self.places.map { place in fields.first { $0.name == place }?.value ?? "" }
        let own = fields.filter { $0.name.hasPrefix("x-ms-") }.sorted { $0.name < $1.name }
            .map { "\($0.name):\($0.value)" }
        return ([request.method.rawValue] + values + own + [canonicalResource(request.url)]).joined(separator: "\n")
    }

    /// The path as it is in the URL; names and values of the query decoded.
    private func canonicalResource(_ url: HTTPURL) -> String {
        var parameters: [String: [String]] = [:]
        for item in url.query.split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Percent.decode(pair[0])?.lowercased() ?? ""
            parameters[name, default: []].append(Percent.decode(pair.count > 1 ? pair[1] : "") ?? "")
        }
        let lines = parameters.sorted { $0.key < $1.key }.map {
            "\n\($0.key):\($0.value.sorted().joined(separator: ","))"
        }
        return "/\(account)\(url.path)" + lines.joined()
    }
}
