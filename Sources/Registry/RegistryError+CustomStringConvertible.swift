internal import HTTP
internal import OCI

extension RegistryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .network(let operation, let url, let failure, let reason):
            "\(operation): \(url): \(reason)\(Self.hint(for: failure))"
        case .status(let operation, let url, let status, let errors, let retryAfter):
            "\(operation): \(url): HTTP \(status)\(Self.list(errors))\(Self.pause(retryAfter))"
                + (refusal.map { "; \($0.hint)" } ?? "")
        case .unauthorized(let operation, let url, let errors, let hadCredentials, let searched):
            "\(operation): \(url): HTTP 401\(Self.list(errors))"
                + (hadCredentials ? "; the credentials were refused" : Self.missing(searched))
        case .gaveUp(let attempts, let last):
            "\(last), after \(attempts) \(attempts == 1 ? "attempt" : "attempts")"
        case .noSuchPlatform(let reference, let wanted, let available):
            "\(reference) has no image for \(wanted); it has \(Self.list(available))"
        case .unsupportedManifest(let reference, let mediaType):
            "\(reference) has a manifest of type \(mediaType), which is not supported"
                + (mediaType.contains(".v1+") ? ": push it again with a current tool" : "")
        case .invalidManifest(let reference, let reason):
            "the manifest of \(reference) is invalid: \(reason)"
        default: contentText ?? accessText
        }
    }

    private var contentText: String? {
        switch self {
        case .digestMismatch(let operation, let expected, let actual):
            "\(operation): the digest of what came is \(actual), not \(expected)"
        case .sizeMismatch(let operation, let expected, let actual):
            "\(operation): what came has \(actual) bytes or more, not \(expected)"
        case .truncated(let operation, let expected, let actual):
            "\(operation): the transfer ended after \(actual) of \(expected) bytes"
        case .tooLarge(let operation, let limit): "\(operation): the answer is longer than \(limit) bytes"
        case .unexpectedAnswer(let operation, let url, let reason): "\(operation): \(url): \(reason)"
        default: nil
        }
    }

    private var accessText: String {
        switch self {
        case .insecureRedirect(let operation, let from, let to):
            "\(operation): \(from) redirects to \(to), which is not encrypted"
        case .tooManyRedirects(let operation, let url): "\(operation): \(url): too many redirects"
        case .unsupportedChallenge(let registry, let challenge):
            "\(registry) asks for a kind of authorization that is not supported: \(challenge)"
        case .insecureTokenServer(let registry, let realm):
            "\(registry) names the token server \(realm): one on another host must speak HTTPS"
        case .credentialFile(let path, let reason): "\(path): \(reason)"
        case .credentialHelper(let registry, let helper, let file, let reason):
            "\(file) leaves the credentials for \(registry) to \(helper): \(reason)"
        case .identity(let registry, let reason): "credentials for \(registry): \(reason)"
        case .cannotDelete(let operation, let registry):
            "\(operation): \(registry) does not delete; docker-registry does with storage.delete.enabled"
        case .everywhere(let errors):
            (errors.last.map { "\($0)" } ?? "") + errors.dropLast().map { "; before that \($0)" }.joined()
        case .environment(let variable, let reason): "\(variable): \(reason)"
        case .invalidProxy(let variable): "the proxy of the variable \(variable) is no URL"
        case .invalidRegistry(let registry): "\"\(registry)\" is no registry: no URL can be made of it"
        case .file(let path, let reason): "\(path): \(reason)"
        default: preconditionFailure("every case has a text")
        }
    }

    private static func hint(for failure: HTTPError.NetworkFailure) -> String {
        switch failure {
        case .notTLS: "; a registry that speaks HTTP needs http: true"
        case .proxy: "; HTTPS_PROXY, HTTP_PROXY and NO_PROXY say what goes through a proxy"
        case .certificate: "; a registry with a certificate of its own needs ca: FILE"
        default: ""
        }
    }

    private static func list(_ errors: [ReportedError]) -> String {
        guard !errors.isEmpty else { return "" }
        return ": "
            + errors.map { $0.message.isEmpty ? $0.code : $0.code.isEmpty ? $0.message : "\($0.code): \($0.message)" }
            .joined(separator: "; ")
    }

    private static func list(_ platforms: [Platform]) -> String {
        platforms.isEmpty ? "none" : platforms.map(\.description).joined(separator: ", ")
    }

    private static func pause(_ retryAfter: Duration?) -> String {
        retryAfter.map { "; it asks to wait for \($0.components.seconds) s" } ?? ""
    }

    private static func missing(_ searched: [String]) -> String {
        guard !searched.isEmpty else { return "; there are no credentials for it" }
        return "; there are no credentials for it in \(searched.joined(separator: ", "))"
    }
}
