/// A git repository that ADD or a named context names, and what of it is wanted.
public struct GitSource: Hashable, Sendable, Codable {
    /// What git is told, without query and fragment: a URL, or `user@host:path` as written.
    public var remote: String
    /// Branch, tag, full reference or commit; nil is the remote's HEAD.
    public var reference: String?
    public var subfolder: String?
    /// What the reference has to be: a commit or its beginning.
    public var commit: String?
    /// `.git` stays; nil if the text does not say.
    public var keepsGitFolder: Bool?
    public var fetchesSubmodules = true
    /// Files get the time of the commit, not of the checkout.
    public var usesCommitTime = false
    /// The commit itself is asked for, the reference only says where it is to be found.
    public var fetchesByCommit = false

    public init(remote: String) {
        self.remote = remote
    }

    /// Reads `https://…/x.git`, `http://…/x.git`, `git://…`, `ssh://…` and `user@host:path`, each with
    /// `?ref=…&tag=…&branch=…&commit=…&checksum=…&subdir=…&keep-git-dir&submodules=…&mtime=…&fetch-by-commit` and
    /// `#reference[:subfolder]`. Nil if the text is none of these, as `github.com/x/y`, which is a path. With `isGit`
    /// the path of a web address need not end in `.git`.
    public static func parse(_ text: String, isGit: Bool = false) throws(GitSourceError) -> GitSource? {
        if let parts = URLParts(text) {
            guard isRepository(parts, isGit: isGit) else { return nil }
            var source = GitSource(remote: parts.address)
            try source.take(fragment: parts.fragment ?? "")
            try source.take(query: parts.query ?? "")
            return source
        }
        guard isShellAddress(text) else { return nil }
        let (beforeFragment, fragment) = text.splitOnce(at: "#")
        let (address, query) = beforeFragment.splitOnce(at: "?")
        var source = GitSource(remote: address)
        try source.take(fragment: fragment ?? "")
        try source.take(query: query ?? "")
        return source
    }

    private static func isRepository(_ parts: URLParts, isGit: Bool) -> Bool {
        switch parts.scheme {
        case "git", "ssh": true
        case "http", "https": isGit || parts.decodedPath.hasSuffix(".git")
        default: false
        }
    }

    /// `user@host:path`
    private static func isShellAddress(_ text: String) -> Bool {
        guard let at = text.utf8.firstIndex(of: UInt8(ascii: "@")) else { return false }
        let user = text.utf8[..<at]
        let rest = text.utf8[text.utf8.index(after: at)...]
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let host = rest[..<colon]
        // A dash first would be an option to the programs that get the address.
        return !user.isEmpty && !host.isEmpty && host.first != UInt8(ascii: "-") && user.first != UInt8(ascii: "-")
            && user.allSatisfy { isName($0) || $0 == UInt8(ascii: "_") }
            && host.allSatisfy { isName($0) || $0 == UInt8(ascii: ".") }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "-")
    }

    private mutating func take(fragment: String) throws(GitSourceError) {
        let (reference, subfolder) = fragment.splitOnce(at: ":")
        if !reference.isEmpty { try setReference(reference) }
        self.subfolder = subfolder == "" ? nil : subfolder
    }
}

/// A git source whose query says nothing that can be done.
public enum GitSourceError: Error, Hashable, Sendable {
    case invalidQuery(String)
    case noValue(String)
    case severalValues(String)
    case unexpected(String)
    case invalidValue(name: String, value: String)
    case conflict(name: String, String, String)
    case branchAndTag
}

extension GitSourceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidQuery(let query): "invalid query \(query.quoted)"
        case .noValue(let name): "query \(name.quoted) has no value"
        case .severalValues(let name): "query \(name.quoted) has multiple values"
        case .unexpected(let name): "unexpected query \(name.quoted)"
        case .invalidValue(let name, let value): "invalid \(name) value: \(value.quoted)"
        case .conflict(let name, let one, let other): "\(name) conflicts: \(one.quoted) vs \(other.quoted)"
        case .branchAndTag: "branch conflicts with tag"
        }
    }
}
