public import OCI

/// One image to build: one entry of `images`, or one combination of its matrix.
public struct ImageSpec: Hashable, Sendable {
    /// Unique in the batch: the entry's key, and for a matrix its values after it (`python-3.10-slim`).
    public var name: String
    /// The entry's key: `python`; it names the repository.
    public var base: String
    /// The matrix combination, in the order of the keys.
    public var matrix: [MatrixValue] = []
    /// The entry's key in the file.
    public var mark: SourceMark
    /// Nil is an empty context.
    public var context: Marked<ContextSource>?
    /// Nil exactly when `inline` is there.
    public var dockerfile: Marked<DockerfilePlace>?
    /// The Dockerfile itself, never expanded.
    public var inline: Marked<String>?
    public var target: Marked<String>?
    /// Build arguments in the order of the file; those that the environment should have given and did not are left out.
    public var args: [BuildArgument] = []
    public var contexts: [ContextSpec] = []
    /// Ids are unique.
    public var secrets: [SecretSpec] = []
    /// Ids are unique.
    public var agents: [AgentSpec] = []
    /// `network.host` or nothing.
    public var entitlements: [String] = []
    /// None is allowed: the image is there for others.
    public var tags: [TagSpec] = []
    /// Values may hold `${base.…}`: see `BaseTemplate`.
    public var labels: [String: String] = [:]
    /// Values may hold `${base.…}`.
    public var annotations: [String: String] = [:]
    /// Full names of images to build before this one, for no other reason than the order.
    public var needs: [Marked<String>] = []
    /// What `platforms` says: the host's, or nothing.
    public var platform: Platform?
    public var network = Network.private
    /// The least isolation that will do.
    public var isolation: Marked<Isolation>?
    public var limits = Limits()
    public var retry = Retry()
    /// Where the image goes beside the local store. Without `outputs:` it is `push`, if a tag has a registry.
    public var outputs: [OutputSpec] = []
    public var cache = Cache()
    /// Of the layers that the image adds to its base.
    public var compression = LayerCompression.gzip
    public var epoch: Epoch?

    init(name: String, base: String, mark: SourceMark) {
        self.name = name
        self.base = base
        self.mark = mark
    }
}

/// One key of a matrix with the value it has in an image.
public struct MatrixValue: Hashable, Sendable {
    public let key: String
    public let value: String
}

/// A build argument with its value.
public struct BuildArgument: Hashable, Sendable {
    public let name: String
    public let value: String
    public let mark: SourceMark
}

extension ImageSpec {
    /// The network of RUN steps.
    public enum Network: String, Hashable, Sendable, CaseIterable {
        case `private`, host, none
    }

    /// The isolation ladder, safest first.
    public enum Isolation: String, Hashable, Sendable, CaseIterable {
        case shifted, mapped, subid, single, rootns, jail, inplace
    }

    /// What the image may use; nil is unlimited, or the program's default.
    public struct Limits: Hashable, Sendable {
        /// Processors, as a fraction (1.5).
        public var cpus: Double?
        public var memoryInBytes: Int64?
        public var pids: Int?
        /// What its steps may write to the disk together.
        public var diskInBytes: Int64?
        public var timeout: Duration?
        /// The longest time without output or progress.
        public var idle: Duration?
    }

    /// Upper bound of all timestamps.
    public enum Epoch: Hashable, Sendable {
        /// Since 1970.
        case seconds(Int64)
        /// The time of the commit that the context is.
        case contextCommit
    }

    /// When a failed build is tried again.
    public struct Retry: Hashable, Sendable {
        /// All tries together; 1 is no retry.
        public var attempts = 1
        public var when: Set<Cause> = [.network, .registry]

        public enum Cause: String, Hashable, Sendable, CaseIterable {
            case network, registry, oom, timeout, any
        }
    }
}
