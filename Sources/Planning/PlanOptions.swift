public import Jobs

/// What the command line says about a plan.
public struct PlanOptions: Hashable, Sendable {
    /// SELECT terms, see `Selection`; none is everything.
    public var selection: [String] = []
    /// `--no-cache`: every step runs.
    public var ignoresCache = false
    /// `--no-push`: `push` outputs are left out.
    public var pushes = true
    /// A layout that is written holds the image alone.
    public var replacesLayouts = false
    /// See `PlannedCache.listsSteps`.
    public var listsSteps = true
    /// See `Job.ignoredPaths`.
    public var ignoredPaths: [String] = []
    /// See `Job.mergesLayers`.
    public var mergesLayers = false
    /// See `Job.usesDockerFormat`.
    public var usesDockerFormat = false
    /// By image name, how long its last builds took.
    public var seconds: [String: Double] = [:]

    /// Contexts that were fetched, or could not be; of the others nothing is known, see `BuildPlan.missingContexts`.
    public var contexts: [RemoteContext: Result<FetchedFolder, JobFailure>] = [:]
    /// Of which only kaniko's GIT_… variables count, and no value of them gets into the plan.
    public var environment: [String: String] = [:]

    public init() {}
}
