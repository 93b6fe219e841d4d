public import SystemPackage

/// What `${…}` and `args` take from outside the manifest.
public struct ExpansionContext: Sendable {
    /// `${run}`: the run's id.
    public var run: String
    /// `${date:…}` and `epoch: now`: seconds since 1970.
    public var now: Int64
    /// `${git.…}` and `epoch: git`, for the folder of the manifest. Called at most once, and only when the manifest
    /// asks. The error's text becomes part of the message.
    public var git: @Sendable (_ folder: FilePath) throws -> GitFacts

    public init(run: String, now: Int64, git: @escaping @Sendable (_ folder: FilePath) throws -> GitFacts) {
        self.run = run
        self.now = now
        self.git = git
    }
}

/// What the manifest may ask about the repository that it lies in.
public struct GitFacts: Hashable, Sendable {
    public var sha: String
    public var short: String
    /// Nil when no branch is checked out.
    public var branch: String?
    /// URL of `origin`, without credentials; nil when there is none.
    public var remote: String?
    /// Time of the commit, in seconds since 1970.
    public var commitTime: Int64

    public init(sha: String, short: String, branch: String?, remote: String?, commitTime: Int64) {
        self.sha = sha
        self.short = short
        self.branch = branch
        self.remote = remote
        self.commitTime = commitTime
    }
}
