internal import Jobs
internal import Ledger
internal import Manifest
internal import Planning
internal import Reporting
internal import Scheduler
internal import Storage

/// One shell in an image: builds what it stands on, and records nothing, for a shell is no build.
struct ShellSession {
    private let command: ShellCommand
    private let started = secondsNow()
    private let run: String

    init(_ command: ShellCommand) {
        self.command = command
        run = ULID.make(at: started)
    }

    /// The exit code of the shell. Throws why there was none.
    func run() async throws -> Int {
        let batch = try command.manifest.load(run: run, now: started)
        _ = try image(of: ManifestFile.plan(batch, PlanOptions(), selecting: [command.image]))
        let site = try RunSite(
            batch, state: command.state, isolation: command.isolation, force: command.force, waits: false)
        try await site.sweep()
        let shell = ShellRequest(line: command.before, command: command.command)
        let (outcome, signal) = try await open(shell, batch, site)
        await site.sweepAfterKills()
        if let code = outcome.error?.shellExitCode { return code }
        let reason = outcome.error?.message ?? outcome.status.rawValue
        throw CommandFailure(
            ExitStatus(of: [outcome], signal: signal),
            signal == nil ? "there is no shell in \(outcome.image): \(reason)" : "ended by a signal")
    }

    private func image(of plan: BuildPlan) throws -> Int {
        let selected = plan.images.indices.filter { plan.images[$0].isSelected }
        guard let image = selected.first, selected.count == 1 else {
            let names = plan.images.filter(\.isSelected).map(\.name).joined(separator: ", ")
            throw CommandFailure(.usage, "a shell is opened in one image; \(command.image) names these: \(names)")
        }
        return image
    }

    private func open(
        _ shell: ShellRequest, _ batch: BatchManifest, _ site: RunSite
    ) async throws -> (ImageOutcome, signal: Int32?) {
        let terminal = ShellTerminal()
        defer { terminal.close() }
        var (environment, planner) = try site.environment(
            run, batch, command.network, ledger: NoLedger(), events: ShellProgress(),
            rules: BatchRules(slots: 1, failFast: true))
        environment.terminal = terminal
        environment.keepsLogs = false
        let interruption = Interruption()
        let whole = try await interruption.cancelling { [selection = [command.image], planner] in
            try await planner.plan(batch, PlanOptions(), selecting: selection)
        }
        let image = try image(of: whole)
        let plan = try command.network.checked(whole, environment.bases, blobs: environment.blobs)
            .opening(shell, in: image)
        environment.launcher = try site.launcher(for: batch, plan, reading: environment.hostFiles(of: plan))
        let runner = BatchRunner(plan: plan, environment: environment)
        interruption.set { runner.interrupt() }
        let outcomes = try await runner.run()
        let culprit = outcomes.first {
            !$0.status.isSuccess && $0.image != plan.images[image].name && $0.status != .blocked
        }
        return (culprit ?? outcomes[image], interruption.received)
    }
}

/// Records nothing.
struct NoLedger: LedgerRecording {
    func record(_ fact: RunFact) async throws {}
}

/// Steps and what they write, as it comes, until the shell takes the terminal.
private struct ShellProgress: EventSink {
    func show(_ event: RunEvent) async {
        if case .context(let context) = event, context.phase == .fetching {
            say("fetching the context \(context.reference)")
        }
        if case .warning(_, let message) = event { say("warning: \(message)") }
        guard case .image(let image, let event) = event else { return }
        switch event {
        case .stepStarted(let step):
            say("\(image) #\(step.step) [\(step.stage)] \(step.instruction)")
        case .output(let output): for line in DisplayText.lines(of: output.text) { say("  \(line)") }
        case .progress(let progress): say("\(image) \(progress.activity)")
        case .warning(let warning): say("warning: \(warning.message)")
        default: break
        }
    }

    private func say(_ text: String) {
        Console.standardError.write(DisplayText.escaped(text) + "\n")
    }
}
