public import SystemPackage

/// Which tree of which repository, and what becomes of it.
public struct GitRequest: Hashable, Sendable {
    /// `https`, `http`, `ssh`, `git` and `file` URLs, and `user@host:path`.
    public var remote: String
    /// Branch, tag, full reference, or a commit or its beginning; nil is the remote's HEAD.
    public var reference: String?
    /// Only this folder of the tree.
    public var subfolder: String?
    /// The commit that it has to be, whole or its beginning.
    public var commit: String?
    public var keepsGitFolder = false
    public var fetchesSubmodules = true
    /// Files get the commit's time instead of that of the checkout.
    public var usesCommitTime = false
    /// Whether those who run us name the repository, not a Dockerfile, which could name what only we may read. Only then
    /// may the remote be a `file` URL, and do the user's credential helpers, `~/.netrc` and headers count.
    public var isOfManifest = false
    /// Whether a server that asks for a password gets kaniko's `GIT_TOKEN`, or `GIT_USERNAME` and `GIT_PASSWORD`, of the
    /// environment; never for a Dockerfile.
    public var usesEnvironmentToken = false

    public init(remote: String, reference: String? = nil) {
        self.remote = remote
        self.reference = reference
    }
}

/// A tree that was checked out. Nobody changes it any more.
public struct GitTree: Hashable, Sendable {
    public var path: FilePath
    /// Whole.
    public var commit: String
    /// Of the commit, in seconds since 1970.
    public var commitTime: Int64
}
