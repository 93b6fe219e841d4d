public import HTTP
public import OCI

/// What can go wrong between us and a registry. URLs in it are without user, password and query.
public enum RegistryError: Error, Equatable, Sendable {
    /// No answer: `operation` is what was tried, such as `pull of docker.io/library/debian:12`.
    case network(operation: String, url: String, failure: HTTPError.NetworkFailure, reason: String)
    /// An answer with a status that is none of those expected.
    case status(operation: String, url: String, status: Int, errors: [ReportedError], retryAfter: Duration?)
    /// 401, after what credentials there are were tried. `searched` is where they were looked for.
    case unauthorized(operation: String, url: String, errors: [ReportedError], hadCredentials: Bool, searched: [String])
    /// The last of several attempts failed like this.
    indirect case gaveUp(attempts: Int, last: RegistryError)

    case digestMismatch(operation: String, expected: Digest, actual: Digest)
    case sizeMismatch(operation: String, expected: Int64, actual: Int64)
    /// The body ended early; tried again.
    case truncated(operation: String, expected: Int64, actual: Int64)
    case tooLarge(operation: String, limit: Int)
    case unexpectedAnswer(operation: String, url: String, reason: String)

    case noSuchPlatform(reference: String, wanted: Platform, available: [Platform])
    case unsupportedManifest(reference: String, mediaType: String)
    case invalidManifest(reference: String, reason: String)
    /// The registry deletes nothing, or not that.
    case cannotDelete(operation: String, registry: String)

    case insecureRedirect(operation: String, from: String, to: String)
    case tooManyRedirects(operation: String, url: String)
    case unsupportedChallenge(registry: String, challenge: String)
    /// A token server that credentials must not be sent to.
    case insecureTokenServer(registry: String, realm: String)

    /// A file with credentials that cannot be read or understood.
    case credentialFile(path: String, reason: String)
    /// A helper program that has the credentials and does not give them; `file` names it.
    case credentialHelper(registry: String, helper: String, file: String, reason: String)
    /// The environment or the machine says who we are to the registry's cloud, and that did not work.
    case identity(registry: String, reason: String)
    case invalidRegistry(String)
    case invalidProxy(variable: String)
    /// A variable that describes registries.
    case environment(variable: String, reason: String)
    /// Neither a mirror of the registry nor, last, the registry itself gave what was wanted.
    indirect case everywhere([RegistryError])
    /// A file to be pushed.
    case file(path: String, reason: String)

    /// One entry of the registry's own list of errors.
    ///
    /// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes
    public struct ReportedError: Hashable, Sendable {
        public var code: String
        public var message: String

        public init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }
}

extension RegistryError: RetriableError {
    /// Whether the same can succeed a little later.
    public var isTemporary: Bool {
        switch self {
        case .network(_, _, let failure, _):
            failure.isTemporary
        case .status(_, _, let status, let errors, _):
            // An upload session that the registry forgot, or has another mind of, is begun anew.
            (HTTP.isTemporary(status: status) && refusal?.isFinal != true)
                || errors.contains {
                    ["BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID", "RANGE_INVALID"].contains($0.code)
                }
                || status == 416
        case .truncated: true
        case .gaveUp(_, let last): last.isTemporary
        case .everywhere(let errors): errors.contains(where: \.isTemporary)
        default: false
        }
    }

    /// Whether the registry refuses who we are (401) or what we want (403).
    public var isAuthorization: Bool {
        switch self {
        case .unauthorized: true
        case .status(_, _, 403, _, _): true
        case .gaveUp(_, let last): last.isAuthorization
        case .everywhere(let errors): errors.last?.isAuthorization == true
        default: false
        }
    }

    /// Whether a request's body was too large for the registry or for what is before it.
    var isTooLarge: Bool {
        guard case .status(_, _, 413, _, _) = self else { return false }
        return true
    }

    /// Whether the registry says that it does not do such things.
    var isUnsupported: Bool {
        guard case .status(_, _, let status, let errors, _) = self else { return false }
        return status == 405 || errors.contains { $0.code == "UNSUPPORTED" }
    }

    /// Whether the registry says that it does not have it.
    public var isNotFound: Bool {
        if case .everywhere(let errors) = self { return errors.allSatisfy(\.isNotFound) }
        guard case .status(_, _, 404, _, _) = self else { return false }
        return !isTemporary
    }

    /// What `Retry-After` asked for.
    public var retryAfter: Duration? {
        guard case .status(_, _, _, _, let retryAfter) = self else { return nil }
        return retryAfter
    }

    /// `gaveUp` with this error as the last.
    public func afterAttempts(_ count: Int) -> RegistryError { .gaveUp(attempts: count, last: self) }
}
