public struct CopyInstruction: Hashable, Sendable {
    /// Paths; they go before the heredocs, however they were mixed.
    public var sources: [String]
    public var heredocs: [Heredoc] = []
    public var destination: String
    /// Stage, index or image of `--from`; nil is the build context.
    public var from: String?
    /// `--chown`; see `Ownership`.
    public var owner: String?
    /// `--chmod`; see `FileMode`.
    public var mode: String?
    /// `--link`
    public var isLink = false
    /// `--parents`; see `ParentsPath`.
    public var keepsParents = false
    /// `--exclude`, one pattern each; see `PathMatcher`.
    public var excludes: [String] = []
}

public struct AddInstruction: Hashable, Sendable {
    /// Paths, URLs and git repositories; see `AddSource`. They go before the heredocs.
    public var sources: [String]
    public var heredocs: [Heredoc] = []
    public var destination: String
    /// `--chown`; see `Ownership`.
    public var owner: String?
    /// `--chmod`; see `FileMode`.
    public var mode: String?
    /// `--checksum`: a digest for a URL, a commit or its beginning for git. Once expanded, only with one such source.
    public var checksum: String?
    /// `--unpack`; nil: archives of the context are unpacked, those from URLs are not.
    public var unpacks: Bool?
    /// `--keep-git-dir`; nil: what the source's text says, and else not.
    public var keepsGitFolder: Bool?
    /// `--link`
    public var isLink = false
    /// `--exclude`, one pattern each; see `PathMatcher`.
    public var excludes: [String] = []
}
