internal import FoundationEssentials
internal import HTTP
internal import Programs
internal import Synchronization

/// Finds out who we are to AWS, where AWS's own tools look: the environment's keys, a web identity, the shared files'
/// profile, the container's service, the machine's metadata service. Kept until it expires.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
public final class AmazonChain: Sendable {
    let configuration: CloudConfiguration
    let client: ServiceClient
    private let known = Mutex<Known>(.nothing)

    private enum Known: Sendable {
        case nothing
        case looked(AmazonIdentity?)
    }

    /// Looks at nothing yet.
    public init(_ configuration: CloudConfiguration) {
        self.configuration = configuration
        client = ServiceClient(configuration)
    }

    /// Nil when there is none anywhere. Throws `CloudError` when a place has one and does not give it.
    public func identity() async throws -> AmazonIdentity? {
        let now = configuration.clock.secondsSince1970
        if case .looked(let identity) = known.withLock({ $0 }), (identity?.expires ?? .infinity) > now + 60 {
            return identity
        }
        let identity = try await find()
        known.withLock { $0 = .looked(identity) }
        return identity
    }

    /// Forgets an identity that a service refused, for the next call to find it anew.
    func forget(_ refused: AmazonIdentity) {
        known.withLock { known in
            if case .looked(refused) = known { known = .nothing }
        }
    }

    /// The region that the environment or the profile wants.
    func region() throws -> String? {
        if let region = configuration.variable("AWS_REGION", "AWS_DEFAULT_REGION") { return region }
        let profiles = try AmazonProfiles(configuration)
        return profiles[profiles.selected]?["region"]
    }

    /// Where an identity was looked for, for the error of one who has none.
    public var searched: [String] {
        let files = AmazonProfiles.files(configuration)
        return ["AWS_ACCESS_KEY_ID", Self.tokenFile] + files + [
            "the container's and the machine's metadata service"
        ]
    }

    private static let tokenFile = "AWS_WEB_IDENTITY_TOKEN_FILE"

    static func hostFiles(_ configuration: CloudConfiguration) -> [String] {
        // Of files that cannot be read whoever needs one is told.
        let named = (try? AmazonProfiles(configuration))?.tokenFiles ?? []
        let tokens = [tokenFile, containerTokenFile].compactMap { configuration.variable($0) }
        return AmazonProfiles.files(configuration) + tokens + named
    }

    private func find() async throws -> AmazonIdentity? {
        if let identity = try environmentKeys() { return identity }
        if let identity = try await webIdentityOfEnvironment() { return identity }
        let profiles = try AmazonProfiles(configuration)
        if let identity = try await identity(of: profiles.selected, in: profiles, seen: []) { return identity }
        guard !profiles.isSelected || profiles[profiles.selected] != nil else {
            throw CloudError.setting(
                name: "AWS_PROFILE",
                reason: "\(profiles.files.joined(separator: " and ")) have no profile \"\(profiles.selected)\"")
        }
        if let identity = try await containerIdentity() { return identity }
        return try await machineIdentity()
    }

    func environmentKeys() throws -> AmazonIdentity? {
        guard let key = configuration.variable("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY") else { return nil }
        guard let secret = configuration.variable("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY") else {
            throw CloudError.setting(name: "AWS_ACCESS_KEY_ID", reason: "AWS_SECRET_ACCESS_KEY is not set beside it")
        }
        return AmazonIdentity(
            accessKey: key, secretKey: Secret(secret),
            sessionToken: configuration.variable("AWS_SESSION_TOKEN").map { Secret($0) })
    }

    private func webIdentityOfEnvironment() async throws -> AmazonIdentity? {
        guard let file = configuration.variable(Self.tokenFile),
            let role = configuration.variable("AWS_ROLE_ARN")
        else { return nil }
        return try await assume(
            role, webIdentityIn: file, namedBy: Self.tokenFile,
            session: configuration.variable("AWS_ROLE_SESSION_NAME"))
    }
}

// MARK: - Profiles

extension AmazonChain {
    /// What a profile says, by itself or through others; nil when it says nothing of an identity.
    private func identity(
        of name: String, in profiles: AmazonProfiles, seen: Set<String>
    ) async throws -> AmazonIdentity? {
        guard let profile = profiles[name] else { return nil }
        // A role's source may be the role's own profile, for the keys in it.
        if profile["role_arn"] != nil, !seen.contains(name) {
            return try await role(of: name, profile, profiles, seen: seen.union([name]))
        }
        if let key = profile["aws_access_key_id"], let secret = profile["aws_secret_access_key"] {
            return AmazonIdentity(
                accessKey: key, secretKey: Secret(secret), sessionToken: profile["aws_session_token"].map { Secret($0) }
            )
        }
        if let command = profile["credential_process"] { return try await identity(from: command, of: name) }
        if profile["sso_session"] != nil || profile["sso_start_url"] != nil {
            throw CloudError.setting(
                name: "profile \(name)",
                reason: "signing in through IAM Identity Center is not supported;"
                    + " `aws configure export-credentials` gives keys for the environment")
        }
        return nil
    }

    private func role(
        of name: String, _ profile: [String: String], _ profiles: AmazonProfiles, seen: Set<String>
    ) async throws -> AmazonIdentity {
        guard let role = profile["role_arn"] else { preconditionFailure("only called for one") }
        let session = profile["role_session_name"]
        if let file = profile[AmazonProfiles.tokenFile] {
            return try await assume(role, webIdentityIn: file, namedBy: "profile \(name)", session: session)
        }
        let source: AmazonIdentity?
        if let other = profile["source_profile"] {
            guard other == name || !seen.contains(other) else {
                throw CloudError.setting(name: "profile \(name)", reason: "its source_profile leads back to itself")
            }
            source = try await identity(of: other, in: profiles, seen: seen)
        } else {
            source =
                switch profile["credential_source"] {
                case "Environment": try environmentKeys()
                case "EcsContainer": try await containerIdentity()
                case "Ec2InstanceMetadata": try await machineIdentity()
                default: nil
                }
        }
        guard let source else {
            throw CloudError.setting(
                name: "profile \(name)", reason: "neither source_profile nor credential_source gives keys for its role")
        }
        return try await assume(
            role, as: source, session: session, externalID: profile["external_id"], region: profile["region"])
    }

    /// The program is split into words as AWS's tools do it, without a shell.
    private func identity(from command: String, of name: String) async throws -> AmazonIdentity {
        let who = "credential_process of profile \(name)"
        let words = Self.words(command)
        guard let program = words.first else { throw CloudError.program(name: who, reason: "it is empty") }
        var host = HostProgram(words, environment: configuration.environment)
        host.timeout = .seconds(60)
        host.outputLimit = 64 << 10
        let result: ProgramResult
        do {
            result = try await host.run()
        } catch let error as ProgramError {
            throw CloudError.program(name: who, reason: "\(error)")
        }
        guard result.status == 0 else {
            throw CloudError.program(name: who, reason: "\(program) ended with \(result.status)")
        }
        guard let document = try? JSONDecoder().decode(AmazonKeysDocument.self, from: Data(result.output)) else {
            throw CloudError.program(name: who, reason: "what \(program) wrote is not understood")
        }
        return document.identity
    }

    static func words(_ command: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in command {
            switch (character, quote) {
            case (let character, let open?) where character == open: quote = nil
            case ("\"", nil), ("'", nil):
                quote = character
                word = word ?? ""
            case (" ", nil), ("\t", nil):
                if let done = word { words.append(done) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        return words + [word].compactMap { $0 }
    }
}
