internal import ArgumentParser
internal import Contexts
internal import Jobs
internal import Kaniko
internal import Manifest
internal import OCI
internal import Planning
internal import Registry
internal import Reporting
internal import Scheduler
internal import Storage
internal import SystemPackage

/// `executor`: the command line becomes a batch manifest of one image, which is built as any other.
struct ExecutorRun {
    static let manifestName = "the command line"

    private let options: ExecutorOptions
    private let screen: ExecutorScreen

    init(_ options: ExecutorOptions) {
        self.options = options
        screen = ExecutorScreen(options.log, started: secondsNow())
    }

    /// The exit code.
    func run() async throws -> Int32 {
        for note in options.notes { await screen.say(.info, note) }
        let text = options.manifest(dockerfile: try await fetchedDockerfile())
        if options.site.onlyPlans { return try await plan(text) }
        do {
            let code = try await build(text)
            try await cleanUp()
            return code
        } catch {
            await screen.close()
            try await cleanUp()
            throw error
        }
    }

    private func fetchedDockerfile() async throws -> String? {
        guard case .url(let url) = options.source.dockerfile else { return nil }
        return try await RemoteText.get(url)
    }

    // MARK: - Building

    private func build(_ text: String) async throws -> Int32 {
        let client = try KanikoRegistry(options.registries, folder: options.site.folder, pushesTo: pushed)
            .client { [screen] in await screen.say(.warn, $0) }
        let variant = variant(text, client)
        let (status, outcomes) = try await RunSession(command(), variant).outcomes()
        guard status == .success else { return code(status, outcomes) }
        if let digest = outcomes.last(where: { $0.image == options.imageNames.first })?.digest {
            try await Interruption().cancelling { [options] in try await KanikoFiles(options).write(digest) }
        }
        return 0
    }

    /// Names of all that is pushed to: images, and cached steps.
    private var pushed: [String] {
        options.output.destinations.map(\.registry) + (options.cache.repository.map { [$0] } ?? [])
    }

    private func command() throws -> BuildCommand {
        var command = try BuildCommand.parse([Self.manifestName])
        command.state.state = options.site.state
        command.isolation = options.site.isolation
        command.force = options.site.isForced
        command.jobs = "1"
        command.noCache = options.cache.isOn && options.cache.runsAll
        // kaniko's users start one build after another in one container: the second waits.
        command.wait = true
        return command
    }

    private func variant(_ text: String, _ client: RegistryClient) -> RunVariant {
        var variant = RunVariant()
        variant.load = { run, now in try Self.load(text, run, now) }
        variant.plan = { [options] in options.apply(to: &$0) }
        variant.screen = screen
        variant.adjust = { [options] environment in
            environment.registry = client
            environment.keepsImmutableTags = options.registries.ignoresImmutableTags
            environment.contexts.skipsGitTLS = options.source.skipsGitTLS
            environment.bases.caches = try options.cache.folders()
        }
        if options.output.pushes, options.registries.checksPush {
            variant.check = { [options] _ in try await PushCheck(options.output.destinations, client).run() }
        }
        return variant
    }

    private static func load(_ text: String, _ run: String, _ now: Double) throws -> BatchManifest {
        let context = ExpansionContext(run: run, now: Int64(now), git: GitFolder.facts)
        do {
            return try BatchManifest.load(
                text: text, name: manifestName, environment: Environment.all, context: context)
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    /// That of the first RUN that failed, as kaniko's.
    private func code(_ status: ExitStatus, _ outcomes: [ImageOutcome]) -> Int32 {
        guard status == .imageFailed else { return KanikoProgram.plain(status) }
        let failed = outcomes.first { $0.error?.class == .step && ($0.error?.exitCode ?? 0) > 0 }
        return failed?.error?.exitCode.map { Int32($0) } ?? 1
    }

    // MARK: - Without building

    private func plan(_ text: String) async throws -> Int32 {
        let now = secondsNow()
        let batch = try Self.load(text, "dryrun", now)
        var planOptions = PlanOptions()
        options.apply(to: &planOptions)
        let plan = try await ContextPlanner.planBesideRuns(
            batch, planOptions, selecting: [], state: try command().state, onlyRead: true)
        Console.standardOutput.write(text + "\n")
        Console.standardOutput.write(lines: PlanText(plan.report).lines(width: nil))
        return 0
    }

    private func cleanUp() async throws {
        guard options.site.cleansUp else { return }
        let command = try command()
        let folder = try command.state.prepared()
        let report = try Pruning(folder).run(PruneRules())
        guard !report.foreign.isEmpty else { return }
        let rung = try IsolationChoice(wanted: command.isolation, force: command.force, state: folder).rung
        try await RunSite.launcher(rung, folder).remove(report.foreign)
    }
}

extension ExecutorOptions {
    /// What no manifest says.
    fileprivate func apply(to options: inout PlanOptions) {
        options.replacesLayouts = true
        options.listsSteps = false
        options.ignoredPaths = site.ignoredPaths
        options.mergesLayers = site.hasOneLayer
        options.usesDockerFormat = output.usesDockerFormat
    }
}

extension CacheOptions {
    /// The folder of base images, if it is there.
    fileprivate func folders() throws -> [BaseCache] {
        do {
            return [try BaseCache(FilePath(bases))]
        } catch {
            guard namesBases else { return [] }
            Console.standardError.write("warning: --cache-dir \(bases): \(error)\n")
            return []
        }
    }
}
