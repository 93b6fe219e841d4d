internal import Clouds
internal import OCI

extension ContextsError: CustomStringConvertible {
    public var description: String { text + (hint.map { "\n  hint: \($0)" } ?? "") }

    private var text: String {
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
        case .gaveUp(let attempts, let last):
            "\(last.text), after \(attempts) \(attempts == 1 ? "attempt" : "attempts")"
        default: gitText
        }
    }

    private var gitText: String {
        switch self {
        case .program(let reason): reason
        case .refused(let what, let reason): "\"\(what)\": \(reason)"
        case .git(let doing, let remote, let message, _):
            "\(doing) \(remote): git: \(message)"
        case .noSuchReference(let name, let remote, _): "\(remote) has no branch, tag or commit \"\(name)\""
        case .ambiguousCommit(let name, let remote): "\(remote) has several commits that begin with \(name)"
        case .commitMismatch(let remote, let expected, let actual):
            "\(remote): digest mismatch: the commit is \(actual), not \(expected)"
        case .subfolder(let path, let remote, let reason): "\(remote): the folder \"\(path)\" \(reason)"
        default: preconditionFailure("every case has a text")
        }
    }

    private var hint: String? {
        switch self {
        case .gaveUp(_, let last): last.hint
        case .git(_, let remote, let message, _): Self.hint(message, remote)
        case .noSuchReference(_, _, let similar):
            similar.isEmpty ? nil : "it has \(similar.joined(separator: ", "))"
        default: nil
        }
    }

    /// How to mend what git says most.
    private static func hint(_ message: String, _ remote: String) -> String? {
        let text = message.lowercased()
        if text.contains("could not read username") || text.contains("could not read password")
            || text.contains("authentication failed")
        {
            return
                "git takes credentials from its credential helpers and ~/.netrc, but not for what a Dockerfile names; or from "
                + "user:password@ in the address"
        }
        if text.contains("permission denied (publickey") {
            return "ssh takes keys from the agent of SSH_AUTH_SOCK and from ~/.ssh"
        }
        if text.contains("host key verification failed") {
            return "the host's key must be in ~/.ssh/known_hosts: nobody is asked"
        }
        guard remote.hasPrefix("git://"), text.contains("unable to connect") else { return nil }
        return "git:// is git's own protocol; write https:// for the other, or set GIT_PULL_METHOD=https as for kaniko"
    }
}
