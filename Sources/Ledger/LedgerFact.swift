public import Jobs
public import OCI

/// One thing that is written to the ledger.
public enum LedgerFact: Sendable {
    case runBegan(RunRecord)
    case runEnded(run: String, exitCode: Int, at: Double)
    case buildBegan(BuildStart)
    case step(StepEnded, build: String)
    case material(Material, build: String)
    /// The end of a build, also of one that never began (blocked, cancelled).
    case buildEnded(ImageOutcome, run: String, environment: BuildEnvironment)
    case tagged(reference: String, digest: Digest, previous: Digest?, build: String, at: Double)
    case seen(reference: String, digest: Digest, at: Double)
}

/// A run as it begins.
public struct RunRecord: Hashable, Sendable, Codable {
    /// ULID.
    public var id: String
    /// Seconds since 1970.
    public var at: Double
    /// `manual`, `cron`, `ci`.
    public var trigger: String
    public var manifest: String
    public var manifestDigest: Digest?
    /// Commit of the manifest's folder.
    public var git: String?
    /// Whether that folder has changes that are not committed.
    public var isDirty: Bool?
    public var host: String
    public var engine: String
    /// Of build-all.
    public var version: String
    public var arguments: [String]

    public init(
        id: String, at: Double, trigger: String, manifest: String, manifestDigest: Digest?, git: String?,
        isDirty: Bool?, host: String, engine: String, version: String, arguments: [String]
    ) {
        self.id = id
        self.at = at
        self.trigger = trigger
        self.manifest = manifest
        self.manifestDigest = manifestDigest
        self.git = git
        self.isDirty = isDirty
        self.host = host
        self.engine = engine
        self.version = version
        self.arguments = arguments
    }
}

/// An executor that was started.
public struct BuildStart: Hashable, Sendable {
    /// ULID.
    public var id: String
    public var run: String
    public var image: String
    public var platform: Platform
    public var attempt: Int
    /// Seconds since 1970.
    public var at: Double
    /// Relative to the state folder.
    public var log: String

    public init(
        id: String, run: String, image: String, platform: Platform, attempt: Int, at: Double, log: String
    ) {
        self.id = id
        self.run = run
        self.image = image
        self.platform = platform
        self.attempt = attempt
        self.at = at
        self.log = log
    }
}

/// What a build ran in.
public struct BuildEnvironment: Hashable, Sendable {
    /// The rung of the isolation ladder; nil if no executor was started.
    public var isolation: String?
    /// What `private` steps really had.
    public var network: NetworkMode?

    public init(isolation: String? = nil, network: NetworkMode? = nil) {
        self.isolation = isolation
        self.network = network
    }
}
