public import Jobs
internal import Manifest
public import Planning

/// Fetches the contexts without which a run cannot be planned, some at a time.
public struct ContextFetcher: Sendable {
    private static let width = 8
    private let sources: SourceLibrary
    private let rules: BatchRules
    private let clock: any RunClock
    private let show: @Sendable (RunEvent) async -> Void

    /// `rules` says how long pauses between attempts are; `show` hears of each context.
    public init(
        _ sources: SourceLibrary, rules: BatchRules = BatchRules(slots: 1), clock: any RunClock = SystemRunClock(),
        show: @escaping @Sendable (RunEvent) async -> Void
    ) {
        self.sources = sources
        self.rules = rules
        self.clock = clock
        self.show = show
    }

    /// What came of each. Throws only `CancellationError`, once nothing is under way any more.
    public func fetch(
        _ missing: [MissingContext]
    ) async throws -> [RemoteContext: Result<FetchedFolder, JobFailure>] {
        var results: [RemoteContext: Result<FetchedFolder, JobFailure>] = [:]
        await withTaskGroup(of: (RemoteContext, Result<FetchedFolder, JobFailure>).self) { group in
            for (number, context) in missing.enumerated() {
                if number >= Self.width, let (context, result) = await group.next() { results[context] = result }
                group.addTask { (context.context, await fetch(context)) }
            }
            for await (context, result) in group { results[context] = result }
        }
        try Task.checkCancellation()
        return results
    }

    private func fetch(_ missing: MissingContext) async -> Result<FetchedFolder, JobFailure> {
        let started = clock.now
        func tell(_ phase: ContextProgress.Phase, revision: String? = nil) async {
            await show(
                .context(
                    ContextProgress(
                        reference: missing.context.shown, images: missing.images, phase: phase, revision: revision,
                        seconds: (clock.now - started) / .seconds(1))))
        }
        await tell(.fetching)
        var attempt = 1
        while true {
            let result = await sources.fetch(missing.context)
            switch result {
            case .success(let folder):
                await tell(.fetched, revision: folder.revision)
                return result
            case .failure(let failure):
                guard attempt < missing.retry.attempts, missing.retry.covers(failure), !Task.isCancelled else {
                    await tell(.failed)
                    return result
                }
                let pause = rules.pause(after: attempt)
                attempt += 1
                await announce(attempt, of: missing, pause, failure)
                do { try await clock.sleep(until: clock.now + pause) } catch { return result }
            }
        }
    }

    private func announce(
        _ attempt: Int, of missing: MissingContext, _ pause: Duration, _ failure: JobFailure
    ) async {
        for image in missing.images {
            await show(
                .retry(
                    RetryScheduled(
                        image: image, attempt: attempt, delayInSeconds: pause / .seconds(1), reason: failure.summary)))
        }
    }
}
