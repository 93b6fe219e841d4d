/// Where a secret of an image is. Nothing of it is kept here.
public struct PlannedSecret: Hashable, Sendable {
    public let id: String
    public let source: Source

    public enum Source: Hashable, Sendable {
        /// Absolute path.
        case file(String)
        /// Name of an environment variable.
        case environment(String)
    }

    public init(id: String, source: Source) {
        self.id = id
        self.source = source
    }
}

/// Who signs for an image's steps.
public struct PlannedAgent: Hashable, Sendable {
    public let id: String
    public let source: Source

    public enum Source: Hashable, Sendable {
        /// Absolute path of an agent's socket.
        case socket(String)
        /// Absolute paths of files with private keys, for an agent of the run's own; never empty.
        case keys([String])
    }

    public init(id: String, source: Source) {
        self.id = id
        self.source = source
    }
}
