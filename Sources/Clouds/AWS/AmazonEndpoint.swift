internal import HTTP

/// Where AWS's services are.
struct AmazonEndpoint {
    private let configuration: CloudConfiguration

    init(_ configuration: CloudConfiguration) { self.configuration = configuration }

    /// The endpoint that the environment sets: `AWS_ENDPOINT_URL_SERVICE`, `AWS_ENDPOINT_URL`.
    func override(of service: String) throws(CloudError) -> HTTPURL? {
        let own = "AWS_ENDPOINT_URL_" + service.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
        for name in [own, "AWS_ENDPOINT_URL"] {
            guard let text = configuration.variable(name) else { continue }
            guard let url = HTTPURL(text) else { throw .setting(name: name, reason: "it is no http or https URL") }
            return url
        }
        return nil
    }

    /// Of a service that has `https://SERVICE.REGION.amazonaws.com`; STS has one for all regions too.
    func url(of service: String, host: String? = nil, region: String?) throws(CloudError) -> HTTPURL {
        if let url = try override(of: service) { return url }
        let name = [host ?? service, region].compactMap { $0 }.joined(separator: ".")
        guard region.map(Self.isRegion) ?? true, let url = HTTPURL("https://\(name).\(Self.domain(region ?? ""))/")
        else {
            throw .setting(name: "AWS_REGION", reason: "\"\(region ?? "")\" is no region")
        }
        return url
    }

    /// It becomes a part of a host's name.
    static func isRegion(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }

    static func domain(_ region: String) -> String {
        region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
    }
}
