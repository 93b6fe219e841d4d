/// kaniko's `git://[TOKEN@]host/path[#ref[#commit]]`, which is fetched over https.
///
/// To git itself, and to BuildKit, `git://` is a protocol of its own, without encryption and credentials. So the text
/// counts as kaniko's only where something says so: credentials in it, a second `#`, one of kaniko's variables in the
/// environment, or a host that is known not to speak git's protocol.
struct KanikoGitAddress {
    /// `https://…`, or `http://…` if GIT_PULL_METHOD says so; with `#…` as git contexts have it.
    let text: String
    /// Whether whoever asks for a password gets the token of the environment.
    let usesEnvironmentToken: Bool

    private static let hosts = ["github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "dev.azure.com"]
    private static let variables = ["GIT_PULL_METHOD", "GIT_TOKEN", "GIT_USERNAME", "GIT_PASSWORD"]

    /// Nil if it is git's own.
    init?(_ text: String, environment: [String: String]) {
        let scheme = "git://"
        guard text.hasPrefix(scheme) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let address = rest.prefix { $0 != "#" }
        let fragments = rest.dropFirst(address.count + 1).split(separator: "#", omittingEmptySubsequences: false)
        let authority = address.prefix { $0 != "/" }
        let at = authority.lastIndex(of: "@")
        let host = at.map { authority[authority.index(after: $0)...] } ?? authority
        let isKaniko =
            at != nil || fragments.count == 2 || Self.hosts.contains(String(host))
            || Self.variables.contains { environment[$0]?.isEmpty == false }
        guard isKaniko, fragments.count <= 2 else { return nil }
        let method = environment["GIT_PULL_METHOD"] == "http" ? "http" : "https"
        let user = at.map { Self.user(authority[..<$0]) } ?? ""
        self.text = "\(method)://\(user)\(host)\(address.dropFirst(authority.count))" + Self.fragment(fragments)
        usesEnvironmentToken = at == nil
    }

    /// A token is a user with an empty password.
    private static func user(_ text: Substring) -> String { text.contains(":") ? "\(text)@" : "\(text):@" }

    /// A commit says more than the reference on which it lies; a folder may stand behind either.
    private static func fragment(_ parts: [Substring]) -> String {
        guard let last = parts.last, !last.isEmpty else { return parts.first.map { "#\($0)" } ?? "" }
        return "#\(last)"
    }
}
