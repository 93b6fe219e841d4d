public import Jobs
public import Manifest

/// A context whose files are there only once it is fetched.
public enum RemoteContext: Hashable, Sendable {
    /// It may hold a password.
    case git(GitCheckout)
    case archive(ArchiveSource)
}

extension RemoteContext {
    /// For messages: as users write it, without secrets.
    public var shown: String {
        switch self {
        case .git(let checkout):
            let fragment = (checkout.reference ?? "") + (checkout.subfolder.map { ":\($0)" } ?? "")
            return Material.withoutSecrets(checkout.remote) + (fragment.isEmpty ? "" : "#\(fragment)")
        case .archive(let source): return source.shown + (source.subfolder.map { "#:\($0)" } ?? "")
        }
    }

    /// What the ledger keeps of it.
    func material(_ folder: FetchedFolder) throws -> Material {
        switch self {
        case .git(let checkout): try Material(role: .context, remote: checkout.remote, folder)
        case .archive(let source): try Material(role: .context, remote: source.shown, folder)
        }
    }
}

/// A context that is to be fetched before it is known what a run does.
public struct MissingContext: Hashable, Sendable {
    public let context: RemoteContext
    /// Whose it is, in the order of the manifest.
    public let images: [String]
    /// Where the first of them names it.
    public let mark: SourceMark
    /// Of the image that has most patience.
    public let retry: RetryRule
}
