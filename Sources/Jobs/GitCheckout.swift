/// Which tree of which git repository.
public struct GitCheckout: Hashable, Sendable, Codable {
    /// A URL of git, or `user@host:path`.
    public var remote: String
    /// Branch, tag, commit or full reference; nil is the remote's HEAD.
    public var reference: String?
    /// Only this folder of the tree.
    public var subfolder: String?
    /// The commit that it must be, whole or its beginning.
    public var commit: String?
    /// Leave `.git` in the tree.
    public var keepsGitFolder: Bool
    public var fetchesSubmodules: Bool
    /// Files get the commit's time instead of that of the checkout.
    public var usesCommitTime: Bool
    /// Whoever asks for a password gets kaniko's `GIT_TOKEN`, or `GIT_USERNAME` and `GIT_PASSWORD`.
    public var usesEnvironmentToken = false

    public init(
        remote: String, reference: String? = nil, subfolder: String? = nil, commit: String? = nil,
        keepsGitFolder: Bool = false, fetchesSubmodules: Bool = true, usesCommitTime: Bool = false
    ) {
        self.remote = remote
        self.reference = reference
        self.subfolder = subfolder
        self.commit = commit
        self.keepsGitFolder = keepsGitFolder
        self.fetchesSubmodules = fetchesSubmodules
        self.usesCommitTime = usesCommitTime
    }
}
