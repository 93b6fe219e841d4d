internal import Jobs
internal import Manifest
internal import Planning
internal import Scheduler

/// What differs for a run that something else than `build` asks for.
struct RunVariant: Sendable {
    /// The manifest of a run with an id and a beginning, instead of the file of the command.
    var load: (@Sendable (String, Double) throws -> BatchManifest)?
    var plan: @Sendable (inout PlanOptions) -> Void = { _ in }
    /// Called before anything is fetched.
    var adjust: @Sendable (inout RunEnvironment) throws -> Void = { _ in }
    /// Called before anything is built; what it throws ends the run.
    var check: @Sendable (BuildPlan) async throws -> Void = { _ in }
    /// Instead of the terminal's.
    var screen: (any RunScreen)?
}

/// Shows a run to people or programs.
protocol RunScreen: EventSink {
    /// The end of a run that came to one.
    func finish(_ summary: RunSummary) async
    /// Nothing more is shown. Also for a run that was broken off.
    func close() async
}
