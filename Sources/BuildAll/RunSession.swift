internal import Glibc
internal import Jobs
internal import Ledger
internal import Manifest
internal import OCI
internal import Planning
internal import Registry
internal import Reporting
internal import Sandbox
internal import Scheduler
internal import Storage
internal import SystemPackage

/// One run from manifest to exit code: wires the parts together.
struct RunSession {
    private let command: BuildCommand
    private let variant: RunVariant
    private let started = secondsNow()
    private let run: String

    init(_ command: BuildCommand, _ variant: RunVariant = RunVariant()) {
        self.command = command
        self.variant = variant
        run = ULID.make(at: started)
    }

    func run() async throws -> ExitStatus { try await outcomes().status }

    /// What came of each image, too.
    func outcomes() async throws -> (status: ExitStatus, images: [ImageOutcome]) {
        try RegistrySettings.checkEnvironment()
        let batch = try variant.load?(run, started) ?? command.manifest.load(run: run, now: started)
        // Faults of the manifest are found before anything is made on the disk.
        try checkPushes(try command.manifest.plan(batch, planOptions))
        let site = try RunSite(
            batch, state: command.state, isolation: command.isolation, force: command.force, waits: command.wait)
        try await site.sweep()
        let ledger = try openLedger(site.state)
        _ = try await ledger.markInterruptedRuns(at: started)
        let display = variant.screen ?? RunDisplay(command.display, shellCommand: shellCommand, run: run)
        do {
            return try await build(batch, site, ledger, display)
        } catch {
            await display.close()
            throw error
        }
    }

    // MARK: - Before

    private func openLedger(_ state: StateFolder) throws -> LedgerWriter {
        do {
            return try LedgerWriter(state.ledger)
        } catch {
            throw CommandFailure(.host, "\(error)")
        }
    }

    private func plan(
        _ batch: BatchManifest, _ environment: RunEnvironment, _ planner: ContextPlanner
    ) async throws -> BuildPlan {
        var options = planOptions
        options.seconds = try LedgerReader(environment.state.ledger).durations()
        let plan = try await planner.plan(batch, options, selecting: command.manifest.select)
        // What contexts brought may be pushed too.
        try checkPushes(plan)
        return try command.network.checked(plan, environment.bases, blobs: environment.blobs)
    }

    private var planOptions: PlanOptions {
        var options = PlanOptions()
        options.ignoresCache = command.noCache
        options.pushes = !command.noPush
        variant.plan(&options)
        return options
    }

    private func checkPushes(_ plan: BuildPlan) throws {
        let pushed = plan.images.filter { $0.outputs.contains(.push) && $0.tags.contains(where: \.isRemote) }.map(
            \.name)
        guard command.network.offline, !pushed.isEmpty else { return }
        throw CommandFailure(
            .usage, "--offline: \(pushed.joined(separator: ", ")) would be pushed; --no-push builds without")
    }

    // MARK: - The run

    private func build(
        _ batch: BatchManifest, _ site: RunSite, _ ledger: LedgerWriter, _ display: any RunScreen
    ) async throws -> (ExitStatus, [ImageOutcome]) {
        let interruption = Interruption()
        let recorder = LedgerRecorder(ledger, run: run)
        let (prepared, planner) = try environment(batch, site, recorder, display)
        let plan = try await interruption.cancelling {
            let plan = try await self.plan(batch, prepared, planner)
            try await variant.check(plan)
            return plan
        }
        var environment = prepared
        environment.launcher = try site.launcher(for: batch, plan, reading: environment.hostFiles(of: plan))
        try await recorder.begin(runRecord(batch), at: started)
        await display.show(
            .started(
                RunStarted(
                    run: run, manifest: batch.file.string, images: plan.images.map(\.name), slots: slots(site),
                    at: started)))
        let runner = BatchRunner(plan: plan, environment: environment)
        interruption.set { runner.interrupt() }
        let outcomes = try await runner.run()
        await site.sweepAfterKills()
        let status = ExitStatus(of: outcomes, signal: interruption.received)
        let ended = secondsNow()
        try await ledger.record(.runEnded(run: run, exitCode: Int(status.rawValue), at: ended))
        await display.finish(
            RunSummary(
                run: run, manifest: batch.file.string, started: started, ended: ended, images: outcomes,
                exitCode: Int(status.rawValue)))
        await close(ledger)
        await retain(batch, site)
        return (status, outcomes)
    }

    /// All is written already: what goes wrong here is no failure of the run.
    private func close(_ ledger: LedgerWriter) async {
        do {
            try await ledger.close()
        } catch {
            Console.standardError.write("warning: \(error)\n")
        }
    }

    /// What goes wrong here is no failure of the run.
    private func retain(_ batch: BatchManifest, _ site: RunSite) async {
        do {
            guard let text = try await Retention(batch.retain, site).apply(), command.display.showsRemarks else {
                return
            }
            Console.standardError.write(text + "\n")
        } catch {
            Console.standardError.write("warning: retain: \(error)\n")
        }
    }

    /// A container has one root.
    private func slots(_ site: RunSite) -> Int { site.launcher.isInPlace ? 1 : command.slots }

    private func environment(
        _ batch: BatchManifest, _ site: RunSite, _ recorder: LedgerRecorder, _ display: any RunScreen
    ) throws -> (RunEnvironment, ContextPlanner) {
        var (environment, planner) = try site.environment(
            run, batch, command.network, ledger: recorder, events: display,
            rules: BatchRules(slots: slots(site), failFast: command.failFast || !command.keepGoing),
            adjust: variant.adjust)
        let reader = try LedgerReader(site.state.ledger)
        for image in batch.images {
            let platform = (image.platform ?? .host).description
            guard let digest = try reader.latestSuccess(of: image.name, platform: platform)?.digest else { continue }
            environment.lastBuilt[image.name] = try Digest(digest)
        }
        return (environment, planner)
    }

    /// For the shell of whoever reads a failure.
    private var shellCommand: String {
        let state = command.state.state.map { ["--state", $0] } ?? []
        let words = ["build-all", "shell"] + state + command.network.words + [command.manifest.file.manifest]
        return words.map(ShellWord.quoted).joined(separator: " ")
    }

    private func runRecord(_ batch: BatchManifest) throws -> RunRecord {
        let git = try GitFolder.state(of: batch.folder)
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return RunRecord(
            id: run, at: started, trigger: Self.trigger, manifest: batch.file.string,
            manifestDigest: batch.files.first.map { Digest(of: $0.bytes) }, git: git?.commit, isDirty: git?.isDirty,
            host: String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self),
            engine: "local", version: BuildAllCommand.version, arguments: CommandLine.arguments)
    }

    /// Who started the run: `BUILD_ALL_TRIGGER` says it, or it is told by what is there.
    private static var trigger: String {
        if let trigger = Environment.all["BUILD_ALL_TRIGGER"], !trigger.isEmpty { return trigger }
        if Environment.all["CI"].map({ !$0.isEmpty }) == true { return "ci" }
        return isatty(STDIN_FILENO) == 1 ? "terminal" : "unattended"
    }
}
