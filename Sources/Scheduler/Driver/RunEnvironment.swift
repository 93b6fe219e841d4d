public import Contexts
internal import Glibc
public import Jobs
public import OCI
public import Planning
public import Programs
public import Storage
internal import SystemPackage

/// All that a run needs beside its plan.
public struct RunEnvironment: Sendable {
    /// The run's ULID in the ledger.
    public var run: String
    /// Prepared, swept and locked by the caller.
    public var state: StateFolder
    public var blobs: BlobStore
    public var registry: any ImageRegistry
    public var launcher: any ExecutorLaunching
    public var ledger: any LedgerRecording
    public var events: any EventSink
    public var rules: BatchRules
    public var clock: any RunClock = SystemRunClock()
    /// A new ULID.
    public var makeIdentifier: @Sendable () -> String
    /// How what lies outside is fetched; by default into `contexts` of the state folder, with our environment for git.
    public var contexts: ContextsConfiguration
    /// What has fetched for this run already; nil if nothing has.
    public var sources: SourceLibrary?
    /// An environment variable, for secrets; nil if it is not set.
    public var variable: @Sendable (String) -> [UInt8]? = { name in
        getenv(name).map { value in Array(UnsafeRawBufferPointer(start: value, count: strlen(value))) }
    }
    /// Where base images come from beside registries, and whether those are asked at all.
    public var bases = BaseSources()
    /// By image name, the manifest that its last build in the ledger made.
    public var lastBuilt: [String: Digest] = [:]

    /// Without it logs are in `tmp` and go with the run: for what is no build.
    public var keepsLogs = true
    /// A tag that its registry does not let be moved stays where it is, with a warning, instead of failing the image.
    public var keepsImmutableTags = false

    /// What keeps programs from being started while the container's root is an image's.
    public var barrier = ProgramBarrier.ofProcess

    /// For a plan with a shell in it.
    public var terminal: (any TerminalLending)?

    public init(
        run: String, state: StateFolder, blobs: BlobStore, registry: any ImageRegistry,
        launcher: any ExecutorLaunching, ledger: any LedgerRecording, events: any EventSink, rules: BatchRules,
        makeIdentifier: @escaping @Sendable () -> String
    ) {
        self.run = run
        self.state = state
        contexts = Self.contexts(in: state)
        self.blobs = blobs
        self.registry = registry
        self.launcher = launcher
        self.ledger = ledger
        self.events = events
        self.rules = rules
        self.makeIdentifier = makeIdentifier
    }

    /// All files and folders that are read by their names from here on for a plan, beside the state folder and contexts that are
    /// folders.
    public func hostFiles(of plan: BuildPlan) -> [String] {
        registry.hostFiles + contexts.hostFiles + bases.caches.map(\.path.string) + plan.images.flatMap(\.hostFiles)
    }

    /// How what lies outside is fetched into a state folder.
    public static func contexts(in state: StateFolder) -> ContextsConfiguration {
        ContextsConfiguration(folder: state.contexts, temporary: state.temporary, environment: variables)
    }

    private static var variables: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let words = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if words.count == 2 { variables[String(words[0])] = String(words[1]) }
            entry += 1
        }
        return variables
    }
}

/// Writes facts down. Each is awaited before it is shown.
public protocol LedgerRecording: Sendable {
    /// An error ends the run: what cannot be recorded is not done.
    func record(_ fact: RunFact) async throws
}

/// What is recorded of a run. Times are seconds since 1970.
public enum RunFact: Hashable, Sendable {
    /// About to be shown. `build` is the ULID of the image's present attempt, if the event belongs to one.
    case event(RunEvent, build: String?)
    /// The end of an attempt that is followed by another.
    case attemptEnded(ImageOutcome)
    case tagMoved(TagMove, build: String, at: Double)
    /// What a registry has under a reference, for the platform of the image that asked.
    case seen(ImageReference, Digest, at: Double)
}

/// Shows facts. It never blocks the run for long.
public protocol EventSink: Sendable {
    func show(_ event: RunEvent) async
}
