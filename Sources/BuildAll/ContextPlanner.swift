internal import Jobs
internal import Manifest
internal import Planning
internal import Reporting
internal import Scheduler
internal import Storage

/// Plans a batch, and fetches before what the plan hangs on: Dockerfiles of contexts from elsewhere name other images,
/// whose contexts may be elsewhere in turn.
struct ContextPlanner {
    let fetcher: ContextFetcher
    /// Leaves out contexts that only a build reads.
    var onlyRead = false

    func plan(
        _ batch: BatchManifest, _ options: PlanOptions, selecting selection: [String]
    ) async throws -> BuildPlan {
        var options = ManifestFile.completed(options, selecting: selection)
        while true {
            let missing = BuildPlan.missingContexts(of: batch, options: options, onlyRead: onlyRead)
            if missing.isEmpty { return try ManifestFile.plan(batch, options, selecting: selection) }
            options.contexts.merge(try await fetcher.fetch(missing)) { $1 }
        }
    }

    /// For a command that is no run: beside runs, with what it fetches said on standard error. The state folder is made
    /// only if there is something to fetch.
    static func planBesideRuns(
        _ batch: BatchManifest, _ options: PlanOptions, selecting selection: [String], state: StateOptions,
        onlyRead: Bool = false
    ) async throws -> BuildPlan {
        let completed = ManifestFile.completed(options, selecting: selection)
        // Faults of the manifest are found before anything is made on the disk.
        let plan = try ManifestFile.plan(batch, options, selecting: selection)
        if BuildPlan.missingContexts(of: batch, options: completed, onlyRead: onlyRead).isEmpty { return plan }
        let guest = try GuestFolder(state.prepared())
        let sources = try SourceLibrary(
            blobs: BlobStore(guest.state), state: guest.state, configuration: RunEnvironment.contexts(in: guest.state))
        let fetcher = ContextFetcher(sources) { event in
            var progress = PlainProgress(style: TextStyle(environment: [:], isTerminal: false))
            Console.standardError.write(progress.lines(for: event).map { $0 + "\n" }.joined())
        }
        let interruption = Interruption()
        return try await interruption.cancelling {
            try await ContextPlanner(fetcher: fetcher, onlyRead: onlyRead).plan(batch, options, selecting: selection)
        }
    }
}
