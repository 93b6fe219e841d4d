internal import Clouds
internal import OCI

extension ContextsError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidURL(let url): "\"\(url)\" is no URL of a scheme that is known: http, https, s3, gs"
        case .network(let url, _, let reason): "\(url): \(reason)"
        case .status(let url, let status, let retryAfter):
            "\(url): HTTP \(status)"
                + (retryAfter.map { "; it asks to wait for \($0.components.seconds) s" } ?? "")
        case .unexpectedAnswer(let url, let reason): "\(url): \(reason)"
        case .cloud(let error): error.description
        case .changed(let url): "\(url): it changed while it was downloaded"
        case .digestMismatch(let url, let expected, let actual):
            "\(url): digest mismatch: it is \(actual), not \(expected)"
        case .gaveUp(let attempts, let last): "\(last), after \(attempts) \(attempts == 1 ? "attempt" : "attempts")"
        default: gitText
        }
    }

    private var gitText: String {
        switch self {
        case .program(let reason): reason
        case .refused(let what, let reason): "\"\(what)\": \(reason)"
        case .git(let doing, let remote, let message, _): "\(doing) \(remote): git: \(message)"
        case .noSuchReference(let name, let remote): "\(remote) has no branch, tag or commit \"\(name)\""
        case .ambiguousCommit(let name, let remote): "\(remote) has several commits that begin with \(name)"
        case .commitMismatch(let remote, let expected, let actual):
            "\(remote): digest mismatch: the commit is \(actual), not \(expected)"
        case .subfolder(let path, let remote, let reason): "\(remote): the folder \"\(path)\" \(reason)"
        default: preconditionFailure("every case has a text")
        }
    }
}
