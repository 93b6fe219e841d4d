internal import FoundationEssentials
internal import HTTP
internal import OCI

/// What we read of Docker's `config.json` and of containers' `auth.json`.
///
/// https://github.com/containers/image/blob/v5.30.0/docs/containers-auth.json.5.md
struct CredentialDocument: Decodable {
    var auths: [String: Entry]?
    var credHelpers: [String: String]?
    var credsStore: String?

    struct Entry: Decodable {
        var auth: String?
        var username: String?
        var password: String?
        var identitytoken: String?
        var registrytoken: String?
    }

    /// The entry with the longest key that holds the repository, and the key as it is written.
    func entry(registry: String, repository: String) -> (key: String, entry: Entry)? {
        Self.longestMatch(in: auths ?? [:], registry: registry, repository: repository).map { ($0.key, $0.value) }
    }

    /// A helper program that may have the repository's credentials.
    struct Helper: Hashable {
        var name: String
        /// What it is asked for.
        var server: String
        /// Whether the file says that it knows this registry, not just any.
        var isNamed: Bool
        /// Whether it is for this registry, and comes before what the file itself has.
        var isOwn = false
    }

    /// The helper program for the registry: its own, or the general one.
    func helper(registry: String, repository: String) -> Helper? {
        let own = Self.longestMatch(in: credHelpers ?? [:], registry: registry, repository: repository)
        if let own, !own.value.isEmpty {
            return Helper(name: own.value, server: Self.server(registry), isNamed: true, isOwn: true)
        }
        guard let credsStore, !credsStore.isEmpty else { return nil }
        let key = entry(registry: registry, repository: repository)?.key
        return Helper(name: credsStore, server: key ?? Self.server(registry), isNamed: key != nil)
    }

    /// The name under which docker keeps a registry's credentials.
    private static func server(_ registry: String) -> String {
        registry == ImageReference.dockerHub ? "https://index.docker.io/v1/" : registry
    }

    private static func longestMatch<Value>(
        in table: [String: Value], registry: String, repository: String
    ) -> (key: String, value: Value)? {
        let name = "\(registry.lowercased())/\(repository)"
        let matches = table.map { (key: $0.key, place: normalized($0.key), value: $0.value) }
            .filter { name == $0.place || name.hasPrefix($0.place + "/") }
        // Two keys may mean the same place: the same one each time.
        return matches.max { ($0.place.utf8.count, $1.key) < ($1.place.utf8.count, $0.key) }.map { ($0.key, $0.value) }
    }

    /// A key as `host[:port][/path]`: without scheme, without the `/v1/` and `/v2/` of old, Docker Hub by its short name.
    private static func normalized(_ key: String) -> String {
        var text = Substring(key)
        let hasScheme = ["https://", "http://"].first { text.hasPrefix($0) }
        if let hasScheme { text = text.dropFirst(hasScheme.count) }
        while text.hasSuffix("/") { text = text.dropLast() }
        for version in ["/v1", "/v2"] where text.hasSuffix(version) { text = text.dropLast(version.count) }
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        let host = text[..<slash].lowercased()
        let isHub = ["index.docker.io", "registry-1.docker.io"].contains(host)
        return (isHub ? ImageReference.dockerHub : host) + text[slash...]
    }
}

extension CredentialDocument.Entry {
    /// Nil for an entry that only says that a helper has them. Throws `credentialFile` for a broken one.
    func credentials(file: String, registry: String) throws(RegistryError) -> Credentials? {
        if let token = registrytoken, !token.isEmpty { return .registryToken(Secret(token)) }
        if let token = identitytoken, !token.isEmpty { return .identityToken(Secret(token)) }
        if let auth, !auth.isEmpty {
            guard let pair = Self.decode(auth) else {
                throw .credentialFile(path: file, reason: "\"auth\" of \(registry) is not user:password in Base64")
            }
            return Self.credentials(user: pair.user, password: pair.password)
        }
        guard let username, let password, !username.isEmpty else { return nil }
        return Self.credentials(user: username, password: password)
    }

    /// Docker keeps an identity token under the user name `<token>`.
    private static func credentials(user: String, password: String) -> Credentials {
        user == "<token>" ? .identityToken(Secret(password)) : .basic(user: user, password: Secret(password))
    }

    private static func decode(_ auth: String) -> (user: String, password: String)? {
        guard let data = Data(base64Encoded: auth), let text = String(bytes: data, encoding: .utf8),
            let colon = text.firstIndex(of: ":"), colon != text.startIndex
        else { return nil }
        var password = text[text.index(after: colon)...]
        while password.last == "\0" { password.removeLast() }
        return (String(text[..<colon]), String(password))
    }
}
