/// What can go wrong with one request, apart from what the answer says. URLs in it are without user, password and query.
public enum HTTPError: Error, Equatable, Sendable {
    case network(url: String, failure: NetworkFailure, reason: String)
    case tooLarge(url: String, limit: Int)
    case insecureRedirect(from: String, to: String)
    case tooManyRedirects(url: String)
    /// A redirect to what is no `http` or `https` URL without user and password.
    case invalidRedirect(url: String)
    /// An address of the machine's own network that the request was not to reach, `HTTPRequest.allowsLinkLocal`.
    case linkLocal(url: String)
    /// A variable of the environment that names a proxy, but not by a URL. Its value may hold a password.
    case invalidProxy(variable: String)
    /// A file to be sent.
    case file(path: String, reason: String)

    /// Why there was no answer.
    public enum NetworkFailure: String, Hashable, Sendable {
        case nameResolution, connection, dropped, timeout, certificate
        /// The proxy lets nobody through, or not to there.
        case proxy
        /// The other side does not speak TLS.
        case notTLS
        case other

        /// Whether the same can succeed a little later.
        public var isTemporary: Bool { [.nameResolution, .connection, .dropped, .timeout].contains(self) }
    }
}

extension HTTPError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .network(let url, _, let reason): "\(url): \(reason)"
        case .tooLarge(let url, let limit): "\(url): the answer is longer than \(limit) bytes"
        case .insecureRedirect(let from, let to): "\(from) redirects to \(to), which is not encrypted"
        case .tooManyRedirects(let url): "\(url): too many redirects"
        case .invalidRedirect(let url): "\(url): it redirects to what is no URL"
        case .linkLocal(let url): "\(url): this is an address of the machine's own network"
        case .invalidProxy(let variable): "the proxy of the variable \(variable) is no URL"
        case .file(let path, let reason): "\(path): \(reason)"
        }
    }
}

extension HTTPError {
    /// Whether the same can succeed a little later.
    public var isTemporary: Bool {
        guard case .network(_, let failure, _) = self else { return false }
        return failure.isTemporary
    }
}

/// Whether an answer's status says that the same request can succeed a little later.
public func isTemporary(status: Int) -> Bool {
    [408, 425, 429].contains(status) || (status >= 500 && status != 501 && status != 505)
}
