internal import FoundationEssentials
internal import HTTP

// What says who we are, over the network.
extension AmazonChain {
    // MARK: Roles

    /// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    func assume(
        _ role: String, webIdentityIn file: String, namedBy setting: String, session: String?
    ) async throws -> AmazonIdentity {
        let region = try region()
        return try await assumed("role \(role) by web identity") { [configuration] in
            // Read for each attempt: what rotates it replaces the file.
            let token = try SettingsFile.trimmed(SettingsFile.text(file, namedBy: setting))
            return try Self.form(
                to: AmazonEndpoint(configuration).url(of: "sts", region: region),
                [
                    ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
                    ("RoleSessionName", session ?? "build-all"), ("WebIdentityToken", token),
                ])
        }
    }

    /// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    func assume(
        _ role: String, as source: AmazonIdentity, session: String?, externalID: String?, region: String?
    ) async throws -> AmazonIdentity {
        let region = try region ?? self.region() ?? "us-east-1"
        var items = [
            ("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session ?? "build-all"),
        ]
        if let externalID { items.append(("ExternalId", externalID)) }
        return try await assumed("role \(role)") { [configuration, items] in
            let request = try Self.form(to: AmazonEndpoint(configuration).url(of: "sts", region: region), items)
            let time = ServiceTime(configuration.clock.secondsSince1970)
            return AmazonSignature(identity: source, region: region, service: "sts", time: time)
                .signed(request, signsContent: false)
        }
    }

    private static func form(to url: HTTPURL, _ items: [(String, String)]) -> HTTPRequest {
        var request = HTTPRequest(method: .post, url: url)
        request.headers = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
        request.body = .bytes(Array(HTTPURL.form(items.map { (name: $0.0, value: $0.1) }).utf8))
        return request
    }

    private func assumed(_ doing: String, _ request: () async throws -> HTTPRequest) async throws -> AmazonIdentity {
        let text = String(decoding: try await client.answer(doing: doing, request), as: UTF8.self)
        guard let key = XMLText.element("AccessKeyId", in: text),
            let secret = XMLText.element("SecretAccessKey", in: text),
            let token = XMLText.element("SessionToken", in: text)
        else { throw CloudError.unexpectedAnswer(doing: doing, url: "STS", reason: "the answer has no keys") }
        let expiration = XMLText.element("Expiration", in: text).flatMap { ServiceTime($0) }
        return AmazonIdentity(
            accessKey: key, secretKey: Secret(secret), sessionToken: Secret(token),
            expires: expiration.map { Double($0.secondsSince1970) })
    }

    // MARK: Containers

    /// ECS's service, or EKS's: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
    func containerIdentity() async throws -> AmazonIdentity? {
        guard let url = try containerURL() else { return nil }
        let document = try await client.decode(AmazonKeysDocument.self, doing: "the container's credentials") {
            [configuration] in
            var request = HTTPRequest(url: url)
            request.authorization = try Self.containerToken(configuration)
            return request
        }
        return document.identity
    }

    private func containerURL() throws -> HTTPURL? {
        if let path = configuration.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.hasPrefix("/"), let url = HTTPURL("http://169.254.170.2\(path)") else {
                throw CloudError.setting(name: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", reason: "it is no path")
            }
            return url
        }
        let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
        guard let text = configuration.variable(name) else { return nil }
        guard let url = HTTPURL(text) else { throw CloudError.setting(name: name, reason: "it is no URL") }
        guard url.origin.isSecure || url.origin.isLoopback || url.origin.isLinkLocal else {
            throw CloudError.setting(name: name, reason: "\(url) is neither encrypted nor of this machine")
        }
        return url
    }

    static var containerTokenFile: String { "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" }

    private static func containerToken(_ configuration: CloudConfiguration) throws -> Secret? {
        if let path = configuration.variable(containerTokenFile) {
            return Secret(SettingsFile.trimmed(try SettingsFile.text(path, namedBy: containerTokenFile)))
        }
        return configuration.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").map { Secret($0) }
    }

    // MARK: Machines

    /// The metadata service of EC2, version 2 only: version 1 answers whoever can make us send a GET.
    ///
    /// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
    func machineIdentity() async throws -> AmazonIdentity? {
        guard configuration.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else { return nil }
        let name = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
        var base = configuration.variable(name) ?? "http://169.254.169.254"
        while base.hasSuffix("/") { base.removeLast() }
        guard let tokenURL = HTTPURL("\(base)/latest/api/token"),
            let list = HTTPURL("\(base)/latest/meta-data/iam/security-credentials/")
        else { throw CloudError.setting(name: name, reason: "it is no URL") }
        let doing = "the machine's credentials"
        var question = HTTPRequest(method: .put, url: tokenURL)
        question.headers = [("X-aws-ec2-metadata-token-ttl-seconds", "21600")]
        do {
            guard let token = try await client.probe(doing: doing, question) else { return nil }
            func get(_ url: HTTPURL) -> HTTPRequest {
                var request = HTTPRequest(url: url)
                request.headers = [("X-aws-ec2-metadata-token", String(decoding: token, as: UTF8.self))]
                return request
            }
            let roles = String(decoding: try await client.answer(doing: doing) { get(list) }, as: UTF8.self)
            guard let role = roles.split(whereSeparator: \.isNewline).first,
                let url = HTTPURL(list.text + Percent.encode(role))
            else { return nil }
            return try await client.decode(AmazonKeysDocument.self, doing: doing) { get(url) }.identity
        } catch CloudError.service(_, _, 400..<500, _, _) {
            // Another cloud's service at the same address, or a machine without a role.
            return nil
        }
    }
}
