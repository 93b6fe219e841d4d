/// `RUN --mount`, expanded, its defaults filled in.
public struct RunMount: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable { case bind, cache, tmpfs, secret, ssh }

    /// What a second step does that wants the same cache.
    public enum Sharing: String, CaseIterable, Sendable {
        /// Both use it at once.
        case shared
        /// It gets one of its own.
        case `private`
        /// It waits.
        case locked
    }

    public var kind: Kind = .bind
    /// As written: relative ones are joined to WORKDIR, and nil is WORKDIR itself. A secret has its default, nil means
    /// that there is no file; so does ssh.
    public var target: String?
    /// The path in the source, of bind and cache; nil is its root.
    public var source: String?
    /// Stage, named context or image; nil is the main context for bind, nothing for cache.
    public var from: String?
    public var isReadOnly = true
    /// Of a cache, a secret or an ssh agent, each of which has a default; nil for the other kinds.
    public var id: String?
    public var sharing: Sharing = .shared
    /// Of tmpfs; nil is no limit.
    public var sizeInBytes: Int64?
    /// Of a cache's root, a secret's file or an agent's socket. The latter two have their defaults, a cache has none:
    /// 0755, unless it is seeded.
    public var mode: UInt16?
    /// Nil is root.
    public var uid: UInt32?
    /// Nil is root.
    public var gid: UInt32?
    /// The lack of a secret or an agent fails the step; otherwise it runs without.
    public var isRequired = false
    /// The variable that gets a secret's bytes.
    public var environment: String?

    public init(kind: Kind) {
        self.kind = kind
    }
}
