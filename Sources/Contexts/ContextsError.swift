public import Clouds
public import HTTP
public import OCI

/// Why something that lies outside could not be fetched. URLs in it are without user, password and query.
public enum ContextsError: Error, Equatable, Sendable {
    case invalidURL(String)
    /// No answer.
    case network(url: String, failure: HTTPError.NetworkFailure, reason: String)
    case status(url: String, status: Int, retryAfter: Duration?)
    case unexpectedAnswer(url: String, reason: String)
    /// The file changed while it was read in parts.
    case changed(url: String)
    case digestMismatch(url: String, expected: Digest, actual: Digest)
    /// A cloud that says nothing of us, or does not give an object.
    case cloud(CloudError)
    /// The last of several attempts failed like this.
    indirect case gaveUp(attempts: Int, last: ContextsError)

    /// git is not installed, or was ended: `reason` says it all.
    case program(reason: String)
    /// A remote, reference or path that git is not given.
    case refused(what: String, reason: String)
    /// What git said when it could not do something with a remote.
    case git(doing: String, remote: String, message: String, isTemporary: Bool)
    /// `similar` are names that the remote has.
    case noSuchReference(String, remote: String, similar: [String] = [])
    case ambiguousCommit(String, remote: String)
    case commitMismatch(remote: String, expected: String, actual: String)
    case subfolder(String, remote: String, reason: String)
}

extension ContextsError: RetriableError {
    /// Whether the same can succeed a little later.
    public var isTemporary: Bool {
        switch self {
        case .network(_, let failure, _): failure.isTemporary
        case .status(_, let status, _): HTTP.isTemporary(status: status)
        case .changed: true
        case .cloud(let error): error.isTemporary
        case .git(_, _, _, let isTemporary): isTemporary
        case .gaveUp(_, let last): last.isTemporary
        default: false
        }
    }

    /// Whether the network or the other side is to blame, not what was asked for.
    public var isNetworkFailure: Bool {
        switch self {
        case .network: true
        case .cloud(.network): true
        case .gaveUp(_, let last): last.isNetworkFailure
        default: isTemporary
        }
    }

    public var retryAfter: Duration? {
        guard case .status(_, _, let retryAfter) = self else { return nil }
        return retryAfter
    }

    /// `gaveUp` with this error as the last.
    public func afterAttempts(_ count: Int) -> ContextsError { .gaveUp(attempts: count, last: self) }
}

extension ContextsError {
    init(_ error: HTTPError) {
        self =
            switch error {
            case .network(let url, let failure, let reason): .network(url: url, failure: failure, reason: reason)
            case .tooLarge(let url, let limit):
                .unexpectedAnswer(url: url, reason: "the answer is longer than \(limit) bytes")
            case .insecureRedirect(let from, let to):
                .unexpectedAnswer(url: from, reason: "it redirects to \(to), which is not encrypted")
            case .tooManyRedirects(let url): .unexpectedAnswer(url: url, reason: "too many redirects")
            case .invalidRedirect(let url): .unexpectedAnswer(url: url, reason: "it redirects to what is no URL")
            case .linkLocal(let url):
                .refused(
                    what: url,
                    reason: "it is an address of the machine's own network, which a Dockerfile does not reach")
            case .invalidProxy: .unexpectedAnswer(url: "proxy", reason: "\(error)")
            case .file(let path, let reason): .unexpectedAnswer(url: path, reason: reason)
            }
    }
}
