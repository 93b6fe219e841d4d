public import HTTP

/// Why a cloud could not tell who we are, or would not give what was asked for. URLs in it are without user, password
/// and query; texts of services are without control characters.
public enum CloudError: Error, Hashable, Sendable {
    /// No answer. `doing` is what was tried.
    case network(doing: String, url: String, failure: HTTPError.NetworkFailure, reason: String)
    /// A service said no: its status, its own code and message where it gave them.
    case service(doing: String, url: String, status: Int, code: String?, message: String?)
    case unexpectedAnswer(doing: String, url: String, reason: String)
    /// A file with credentials that cannot be read or understood. Nothing of it is quoted.
    case file(path: String, reason: String)
    /// A setting that cannot be followed.
    case setting(name: String, reason: String)
    /// A program that was to say who we are.
    case program(name: String, reason: String)

    /// A text that names an object, and does not.
    case invalidObject(String, reason: String)
    /// The store's answer for an object; `code` is the store's own. `identity` says who asked, or where an identity was
    /// looked for, or what else helps.
    case object(String, status: Int, code: String?, message: String?, hint: String?)
}

extension CloudError: RetriableError {
    /// Whether the same can succeed a little later.
    public var isTemporary: Bool {
        switch self {
        case .network(_, _, let failure, _): failure.isTemporary
        case .service(_, _, let status, let code, _), .object(_, let status, let code, _, _):
            HTTP.isTemporary(status: status) || Self.temporaryCodes.contains(code ?? "")
        default: false
        }
    }

    private static let temporaryCodes: Set<String> = [
        "SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "ThrottlingException", "Throttling",
    ]

    public var retryAfter: Duration? { nil }

    /// The same: what the services say does not change with the number of questions.
    public func afterAttempts(_ count: Int) -> CloudError { self }
}

extension CloudError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .network(let doing, let url, _, let reason): "\(doing): \(url): \(reason)"
        case .service(let doing, let url, let status, let code, let message):
            "\(doing): \(url): " + Self.answer(status, code, message)
        case .unexpectedAnswer(let doing, let url, let reason): "\(doing): \(url): \(reason)"
        case .file(let path, let reason): "\(path): \(reason)"
        case .setting(let name, let reason): "\(name): \(reason)"
        case .program(let name, let reason): "\(name): \(reason)"
        case .invalidObject(let text, let reason): "\"\(text)\" \(reason)"
        case .object(let shown, let status, let code, let message, let hint):
            "\(shown): " + Self.answer(status, code, message) + (hint.map { "; \($0)" } ?? "")
        }
    }

    private static func answer(_ status: Int, _ code: String?, _ message: String?) -> String {
        let parts = ["HTTP \(status)"] + [code, message].compactMap { $0 }
        return parts.joined(separator: ": ")
    }
}
