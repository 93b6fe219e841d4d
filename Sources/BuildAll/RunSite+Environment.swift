internal import Jobs
internal import Ledger
internal import Manifest
internal import Scheduler
internal import Storage

extension RunSite {
    /// What every command that starts executors has: where images, contexts and bases come from as the network options say,
    /// and a planner that fetches from there. `adjust` is called before anything is fetched. What the user should know goes to `events` as a warning.
    func environment(
        _ run: String, _ batch: BatchManifest, _ network: NetworkOptions, ledger: any LedgerRecording,
        events: any EventSink, rules: BatchRules, adjust: (inout RunEnvironment) throws -> Void = { _ in }
    ) throws -> (RunEnvironment, ContextPlanner) {
        let warn: @Sendable (String) async -> Void = { await events.show(.warning(image: nil, message: $0)) }
        var rules = rules
        // The container's own files are put back when an image ends.
        if launcher.isInPlace { rules.allowTidying() }
        var environment = RunEnvironment(
            run: run, state: state, blobs: try BlobStore(state), registry: try network.registry(batch, warn: warn),
            launcher: launcher, ledger: ledger, events: events, rules: rules,
            makeIdentifier: { ULID.make(at: secondsNow()) })
        environment.bases = try network.bases(state)
        environment.bases.warn = warn
        try adjust(&environment)
        let sources = try SourceLibrary(
            blobs: environment.blobs, state: state, configuration: environment.contexts, isOffline: network.offline)
        environment.sources = sources
        let fetcher = ContextFetcher(sources, rules: rules) { await events.show($0) }
        return (environment, ContextPlanner(fetcher: fetcher))
    }
}
