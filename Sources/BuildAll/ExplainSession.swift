internal import Jobs
internal import Ledger
internal import Manifest
internal import Planning
internal import Reporting
internal import Scheduler
internal import Storage
internal import Synchronization

/// Lets executors look up what they would run, and says it. Records nothing, for nothing is built.
struct ExplainSession {
    private let command: ExplainCommand
    private let started = secondsNow()
    private let run: String

    init(_ command: ExplainCommand) {
        self.command = command
        run = ULID.make(at: started)
    }

    func run() async throws -> ExitStatus {
        let batch = try command.manifest.load(run: run, now: started)
        _ = try command.manifest.plan(batch, PlanOptions())
        let site = try RunSite(batch, state: command.state, isolation: command.isolation, waits: command.wait)
        try await site.sweep()
        let looks = LookUps()
        var (environment, planner) = try site.environment(
            run, batch, command.network, ledger: NoLedger(), events: looks,
            rules: BatchRules(slots: 1, failFast: false))
        environment.keepsLogs = false
        let interruption = Interruption()
        let found = try await interruption.cancelling { [select = command.manifest.select, planner] in
            try await planner.plan(batch, PlanOptions(), selecting: select)
        }
        let plan = try command.network.checked(found, environment.bases, blobs: environment.blobs).explaining
        let runner = BatchRunner(plan: plan, environment: environment)
        interruption.set { runner.interrupt() }
        let outcomes = try await runner.run()
        await site.sweepAfterKills()
        let report = ExplainReport(outcomes, steps: looks.steps.withLock { $0 })
        Console.standardOutput.write(command.json ? try report.json() : report.text())
        return status(of: outcomes, report, signal: interruption.received)
    }

    private func status(of outcomes: [ImageOutcome], _ report: ExplainReport, signal: Int32?) -> ExitStatus {
        let failed = outcomes.filter { !$0.status.isSuccess && $0.error?.class != .explained && $0.status != .blocked }
        if !failed.isEmpty { return ExitStatus(of: failed, signal: signal) }
        return command.exitCode && report.findsWork ? .foundWork : .success
    }
}

/// Keeps what executors say of steps; shows warnings.
private final class LookUps: EventSink {
    let steps = Mutex<[String: [StepEnded]]>([:])

    func show(_ event: RunEvent) async {
        switch event {
        case .image(let image, .stepEnded(let step)): steps.withLock { $0[image, default: []].append(step) }
        case .warning(let image, let message):
            let text = "warning: \(image.map { "\($0): " } ?? "")\(message)"
            Console.standardError.write(DisplayText.escaped(text) + "\n")
        default: break
        }
    }
}
