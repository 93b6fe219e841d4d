public import Jobs
public import OCI

/// One image of a run, ready to be built. Other images are named by their position in the plan.
public struct PlannedImage: Sendable {
    /// Unique in the batch: `python-3.10-slim`.
    public let name: String
    /// Whether it was asked for. The others are there because one of those needs them: they are built into the store,
    /// and their outputs are not written.
    public let isSelected: Bool
    /// What the executor is told, but for `build`, `stateFolder` and `logFile`, which each attempt gets anew; or why the
    /// image cannot be built: its Dockerfile cannot be read or understood.
    public internal(set) var job: Result<Job, JobFailure>
    /// Ascending by position.
    public let dependencies: [Dependency]
    public internal(set) var tags: [PlannedTag]
    /// Where to find what the job names by id.
    public let secrets: [PlannedSecret]
    public let agents: [PlannedAgent]
    /// What it is made of that is known before it is built: the context, if that was fetched.
    public let materials: [Material]
    /// What is odd about the image, and whether it can be built is not sure; for `check`.
    public let warnings: [String]
    /// Where it goes beside the store; empty unless it is selected.
    public internal(set) var outputs: [PlannedOutput]
    public let retry: RetryRule
    /// Nil if results of steps stay on this machine.
    public internal(set) var cache: PlannedCache?
    /// The weakest rung of the isolation ladder that will do, such as `subid`; nil for any.
    public let isolation: String?
    /// How long it takes: by history, else an estimate.
    public let seconds: Double
    /// Whether `seconds` is from the history.
    public let isTimed: Bool
}

/// An image that must be in the store first, and why.
public struct Dependency: Hashable, Sendable {
    public let image: Int
    /// Never empty.
    public let reasons: [DependencyReason]
}

/// Why one image is built before another.
public enum DependencyReason: Hashable, Sendable {
    /// The Dockerfile names it.
    case instruction(DockerfileUse, reference: String, line: Int)
    /// `contexts: {NAME: image:…}` or `docker-image://` with a reference of the batch.
    case context(name: String)
    /// `needs`
    case order

    public enum DockerfileUse: String, Hashable, Sendable {
        case from = "FROM"
        case copyFrom = "COPY --from"
        case mountFrom = "RUN --mount from"
    }
}

extension DependencyReason: CustomStringConvertible {
    /// For plans and errors: `FROM debian:bookworm, line 1`.
    public var description: String {
        switch self {
        case .instruction(let use, let reference, let line): "\(use.rawValue) \(reference), line \(line)"
        case .context(let name): "context \(name)"
        case .order: "needs"
        }
    }
}

/// A place where a finished image goes.
public enum PlannedOutput: Hashable, Sendable {
    /// To every remote tag.
    case push
    /// Absolute paths.
    case oci(String)
    /// A layout that holds the image alone.
    case onlyOCI(String)
    case ociArchive(String)
    case dockerArchive(String)
}

extension PlannedImage {
    /// The platform that it is built for; the host's if it cannot be built.
    public var platform: Platform {
        if case .success(let job) = job { return job.platform }
        return .host
    }
}
