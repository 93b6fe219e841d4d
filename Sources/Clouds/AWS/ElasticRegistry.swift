internal import FoundationEssentials
public import HTTP

/// A registry of AWS, and how one logs in to it.
public struct ElasticRegistry: Hashable, Sendable {
    /// Nil for the public one.
    let region: String?
    let isFIPS: Bool

    /// Nil for a registry of anybody else: `ID.dkr.ecr.REGION.amazonaws.com[.cn]` or `public.ecr.aws`, and nothing that only
    /// looks like them.
    public init?(registry: String) {
        if registry == "public.ecr.aws" {
            (region, isFIPS) = (nil, false)
            return
        }
        let labels = registry.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard labels.count == 6 || labels.count == 7, labels[1] == "dkr", ["ecr", "ecr-fips"].contains(labels[2]),
            labels[0].utf8.count == 12, labels[0].utf8.allSatisfy({ (48...57).contains($0) }),
            AmazonEndpoint.isRegion(labels[3]),
            labels[4...].joined(separator: ".") == AmazonEndpoint.domain(labels[3])
        else { return nil }
        (region, isFIPS) = (labels[3], labels[2] == "ecr-fips")
    }

    /// User and password of a registry, until they expire.
    public struct Login: Hashable, Sendable {
        public var user: String
        public var password: Secret
        /// In seconds since 1970.
        public var expires: Double?
    }

    /// Asks with the chain's identity; nil when there is none. Throws `CloudError`.
    ///
    /// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
    public func login(_ chain: AmazonChain) async throws -> Login? {
        guard let identity = try await chain.identity() else { return nil }
        let configuration = chain.configuration
        let service = region == nil ? "ecr-public" : "ecr"
        let host = region == nil ? "api.ecr-public" : isFIPS ? "ecr-fips" : "api.ecr"
        let region = region ?? "us-east-1"
        let url = try AmazonEndpoint(configuration).url(of: service, host: host, region: region)
        let target =
            service == "ecr" ? "AmazonEC2ContainerRegistry_V20150921" : "SpencerFrontendService"
        let answer = try await chain.client.decode(Answer.self, doing: "login to Amazon's registry") {
            var request = HTTPRequest(method: .post, url: url, body: .bytes(Array("{}".utf8)))
            request.headers = [
                ("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "\(target).GetAuthorizationToken"),
            ]
            let time = ServiceTime(configuration.clock.secondsSince1970)
            return AmazonSignature(identity: identity, region: region, service: service, time: time)
                .signed(request, signsContent: false)
        }
        let pair = answer.data.flatMap { Codes.bytes(base64: $0.authorizationToken) }
            .flatMap { String(validating: $0, as: UTF8.self) }?.split(separator: ":", maxSplits: 1)
        guard let pair, pair.count == 2 else {
            throw CloudError.unexpectedAnswer(
                doing: "login to Amazon's registry", url: url.description, reason: "the answer has no token")
        }
        return Login(user: String(pair[0]), password: Secret(String(pair[1])), expires: answer.data?.expiresAt)
    }

    /// A list from the private registry's service, one from the public one's.
    private struct Answer: Decodable {
        struct Entry: Decodable {
            var authorizationToken: String
            var expiresAt: Double?
        }

        var data: Entry?

        private enum CodingKeys: String, CodingKey { case authorizationData }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            do {
                data = try values.decode([Entry].self, forKey: .authorizationData).first
            } catch DecodingError.typeMismatch {
                data = try values.decode(Entry.self, forKey: .authorizationData)
            }
        }
    }
}
