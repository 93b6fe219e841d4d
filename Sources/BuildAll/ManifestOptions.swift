internal import ArgumentParser
internal import Glibc
internal import Ledger
internal import Manifest
internal import Planning
internal import SystemPackage

/// The manifest and what of it is meant.
struct ManifestOptions: ParsableArguments {
    @OptionGroup var file: ManifestFile

    @Argument(
        help: """
            Names, patterns (python-*), group:NAME, x+ (and what builds on it), +x (and what it needs), !x (not it). \
            Without any: everything.
            """)
    var select: [String] = []

    /// Reads the manifest; all its faults are one failure.
    func load(run: String, now: Double) throws -> BatchManifest { try file.load(run: run, now: now) }

    /// Fetches nothing: what contexts from elsewhere name is not known.
    func plan(_ manifest: BatchManifest, _ options: PlanOptions) throws -> BuildPlan {
        try ManifestFile.plan(manifest, options, selecting: select)
    }

    /// Fetches what the plan hangs on, beside runs.
    func plan(
        _ manifest: BatchManifest, _ options: PlanOptions, fetchingInto state: StateOptions, onlyRead: Bool = false
    ) async throws -> BuildPlan {
        try await ContextPlanner.planBesideRuns(
            manifest, options, selecting: select, state: state, onlyRead: onlyRead)
    }
}

/// The manifest.
struct ManifestFile: ParsableArguments {
    @Argument(help: "The batch manifest.", completion: .file(extensions: ["yaml", "yml"]))
    var manifest: String

    @Option(name: .customLong("var"), help: "Sets a variable of the manifest: NAME=VALUE. Repeat for more.")
    var variables: [String] = []

    /// Reads the manifest; all its faults are one failure.
    func load(run: String, now: Double) throws -> BatchManifest {
        try Self.load(manifest, variables: variables, run: run, now: now)
    }

    static func load(_ manifest: String, variables: [String], run: String, now: Double) throws -> BatchManifest {
        var values: [String: String] = [:]
        for text in variables {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw CommandFailure(.usage, "--var \(text): NAME=VALUE is needed") }
            values[parts[0]] = parts[1]
        }
        let context = ExpansionContext(run: run, now: Int64(now), git: GitFolder.facts)
        do {
            let manifest = try BatchManifest.load(
                FilePath(manifest), variables: values, environment: Environment.all, context: context)
            for warning in manifest.warnings { Console.standardError.write("warning: \(warning)\n") }
            return manifest
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    static func plan(
        _ manifest: BatchManifest, _ options: PlanOptions, selecting selection: [String]
    ) throws -> BuildPlan {
        do {
            return try BuildPlan(manifest: manifest, options: completed(options, selecting: selection))
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    /// With what the command line and the environment say.
    static func completed(_ options: PlanOptions, selecting selection: [String]) -> PlanOptions {
        var options = options
        options.selection = selection
        options.environment = Environment.all
        return options
    }
}

/// The present time, in seconds since 1970.
func secondsNow() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
