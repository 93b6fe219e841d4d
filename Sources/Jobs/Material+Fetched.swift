internal import OCI

extension Material {
    /// A folder that was fetched. The ledger keeps digests: of a commit, that of its name, which is in the reference.
    public init(role: Role, remote: String, _ folder: FetchedFolder) throws {
        self.init(
            role: role, reference: "\(Self.withoutSecrets(remote))#\(folder.revision)",
            digest: folder.revision.hasPrefix("sha256:")
                ? try Digest(folder.revision) : Digest(of: folder.revision.utf8))
    }

    /// A URL without user, password, query and fragment: any of them may be a secret.
    public static func withoutSecrets(_ url: String) -> String {
        withoutUser(String(url.prefix { $0 != "?" && $0 != "#" }))
    }

    /// A source without the user and password that a URL has before its host.
    public static func withoutUser(_ source: String) -> String {
        guard let scheme = source.firstRange(of: "://") else { return source }
        let rest = source[scheme.upperBound...]
        let host = rest.prefix { !["/", "?", "#"].contains($0) }
        guard let at = host.lastIndex(of: "@") else { return source }
        return String(source[..<scheme.upperBound] + rest[rest.index(after: at)...])
    }
}
