internal import HTTP

/// An address that git may be given: nothing in it is an option, a command or a password.
struct GitRemote: Hashable {
    /// Without user and password for http(s), without password for the others.
    let address: String
    /// What goes to the server of `http` and `https` only; git gets it through its environment.
    private(set) var credentials: Credentials?
    let isLocal: Bool

    struct Credentials: Hashable {
        let origin: String
        let user: String
        let password: Secret?
    }

    /// For errors.
    var shown: String { Redaction.url(address) }

    init(_ text: String, allowsLocal: Bool) throws(ContextsError) {
        func refused(_ reason: String) -> ContextsError { .refused(what: Redaction.url(text), reason: reason) }
        guard !text.hasPrefix("-"), text.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else {
            throw refused("it is no address of a git repository")
        }
        guard let scheme = text.firstRange(of: "://") else {
            guard Self.isShellAddress(text) else { throw refused("it is no address of a git repository") }
            address = text
            credentials = nil
            isLocal = false
            return
        }
        let name = text[..<scheme.lowerBound]
        isLocal = name == "file"
        switch name {
        case "file":
            guard allowsLocal else { throw refused("a repository of this machine is for the manifest's contexts only") }
            address = text
            credentials = nil
        case "http", "https": (address, credentials) = Self.split(text, at: scheme.upperBound)
        case "git", "ssh":
            let (whole, found) = Self.split(text, at: scheme.upperBound)
            address =
                found.map { $0.user.isEmpty ? whole : "\(name)://\($0.user)@" + whole.dropFirst(name.count + 3) }
                ?? whole
            credentials = nil
            guard !(address.dropFirst(name.count + 3).first == "-") else { throw refused("its host begins with -") }
        default: throw refused("repositories by \(name) are not fetched")
        }
    }

    /// kaniko's variables: a token is a user with an empty password. They go to the origin of the address, and only when
    /// it asks.
    mutating func takeToken(of environment: [String: String]) {
        guard credentials == nil, let scheme = address.firstRange(of: "://"), address.hasPrefix("http") else { return }
        let origin = address[..<scheme.upperBound] + address[scheme.upperBound...].prefix { $0 != "/" }
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let token = variable("GIT_TOKEN") {
            credentials = Credentials(origin: String(origin), user: token, password: Secret(""))
        } else if let password = variable("GIT_PASSWORD") {
            credentials = Credentials(
                origin: String(origin), user: variable("GIT_USERNAME") ?? "", password: Secret(password))
        }
    }

    /// `user@host:path`
    private static func isShellAddress(_ text: String) -> Bool {
        guard let colon = text.firstIndex(of: ":"), let at = text[..<colon].firstIndex(of: "@") else { return false }
        let host = text[text.index(after: at)..<colon]
        let isPlain = text[..<colon].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "@._-".contains($0)) }
        return isPlain && at != text.startIndex && !host.isEmpty && !host.hasPrefix("-")
            && !text[colon...].hasPrefix("::")
    }

    private static func split(_ text: String, at start: String.Index) -> (String, Credentials?) {
        let authority = text[start...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return (text, nil) }
        let words = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let host = authority[authority.index(after: at)...]
        let scheme = text[..<start]
        return (
            scheme + String(host) + text[authority.endIndex...],
            Credentials(
                origin: scheme + String(host), user: decoded(words[0]),
                password: words.count > 1 ? Secret(decoded(words[1])) : nil)
        )
    }

    /// `%40` is `@`.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == 37, rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A branch, tag, commit or full reference that git may be given.
enum GitReference: Hashable {
    case head
    case commit(String)
    /// Also what may be the beginning of a commit.
    case name(String)

    init(_ text: String?) throws(ContextsError) {
        guard let text, text != "HEAD" else {
            self = .head
            return
        }
        // https://git-scm.com/docs/git-check-ref-format
        let isWrong =
            text.isEmpty || text.hasPrefix("-") || text.hasPrefix("/") || text.hasSuffix("/") || text.hasSuffix(".lock")
            || text.hasSuffix(".") || text.contains("..") || text.contains("//") || text.contains("@{")
            || text.utf8.contains { $0 <= 32 || $0 == 127 || "~^:?*[\\".utf8.contains($0) }
        guard !isWrong else { throw .refused(what: text, reason: "it is no name of a branch, tag or commit") }
        self =
            Self.isHexadecimal(text, 40...40) || Self.isHexadecimal(text, 64...64)
            ? .commit(text.lowercased()) : .name(text)
    }

    static func isHexadecimal(_ text: String, _ length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count) && text.utf8.allSatisfy { $0 < 128 && Character(UnicodeScalar($0)).isHexDigit }
    }
}
