import FileSystem
import Glibc
import Jobs
import OCI
import Programs
import Storage
import Synchronization
import SystemPackage

@testable import Manifest
@testable import Planning
@testable import Scheduler

/// A run with fakes for everything that is outside, on a state folder of its own.
final class TestBatch: Sendable {
    let folder: FilePath
    let blobs: BlobStore
    let registry = FakeRegistry()
    let clock = ManualClock()
    let journal = Journal()
    let launcher: FakeLauncher
    let runner: BatchRunner

    /// The images are built by their scripts; `edges` and the rest as the batch manifest would say.
    init(
        _ images: [TestImage], scripts: [String: FakeLauncher.Script] = [:], lastBuilt: [String: Digest] = [:],
        slots: Int = 4, owners: [String: String] = [:], variables: [String: String] = [:],
        barrier: ProgramBarrier = ProgramBarrier(),
        rules change: (inout BatchRules) -> Void = { _ in }
    ) throws {
        var template = Array("/tmp/scheduler-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(call: "mkdtemp", code: errno, path: nil) }
        folder = FilePath(platformString: template)
        let state = StateFolder(folder)
        try state.prepare()
        blobs = try BlobStore(state)
        launcher = FakeLauncher(scripts)
        let names = images.map(\.name)
        let plan = BuildPlan(
            images: images.map { $0.planned(among: names) },
            owners: try Dictionary(
                uniqueKeysWithValues: owners.map {
                    (try ImageReference($0), ReferenceOwner(image: $1, platform: .host))
                }))
        var rules = BatchRules(slots: slots)
        change(&rules)
        let numbers = Mutex(0)
        var environment = RunEnvironment(
            run: "RUN", state: state, blobs: blobs, registry: registry, launcher: launcher, ledger: journal,
            events: journal, rules: rules,
            makeIdentifier: {
                numbers.withLock { number in
                    number += 1
                    return "BUILD\(number)"
                }
            })
        environment.clock = clock
        environment.barrier = barrier
        environment.lastBuilt = lastBuilt
        environment.variable = { variables[$0].map { Array($0.utf8) } }
        runner = BatchRunner(plan: plan, environment: environment)
    }

    deinit {
        do throws(SystemError) {
            try OpenFile.open("/tmp", [.read, .directory]).removeTree(FileName(folder.lastComponent?.string ?? ""))
        } catch {
            print("\(folder) is left: \(error)")
        }
    }

    /// Runs the batch; outcomes as `name status`.
    func run() async throws -> [String] {
        try await runner.run().map { "\($0.image) \($0.status.rawValue)" }
    }
}

/// One image of a test batch.
struct TestImage {
    var name: String
    var parents: [String] = []
    var tags: [String] = []
    var immutable = false
    var isSelected = true
    var retry = RetryRule()
    var limits = Limits()
    var outputs: [PlannedOutput] = []
    var job: JobFailure?
    var secrets: [PlannedSecret] = []
    var agents: [PlannedAgent] = []
    var namedContexts: [String: NamedContext] = [:]

    func planned(among names: [String]) -> PlannedImage {
        var template = Job(
            build: "", image: name, platform: .host, stateFolder: "", logFile: "",
            dockerfile: DockerfileText(name: "Dockerfile", text: "FROM scratch\n"))
        template.limits = limits
        template.namedContexts = namedContexts
        return PlannedImage(
            name: name, isSelected: isSelected, job: job.map(Result.failure) ?? .success(template),
            dependencies: names.indices.filter { parents.contains(names[$0]) }.map {
                Dependency(image: $0, reasons: [.order])
            },
            tags: tags.map { tag in
                PlannedTag(
                    TagSpec(
                        text: tag, reference: try? ImageReference(tag), repository: name, isRemote: tag.contains("/"),
                        isImmutable: immutable, mark: SourceMark(file: "m.yaml", line: 1, column: 1)))
            },
            secrets: secrets, agents: agents, materials: [], warnings: [],
            outputs: outputs + (isSelected && tags.contains { $0.contains("/") } ? [.push] : []), retry: retry,
            isolation: nil,
            seconds: 1, isTimed: false)
    }
}

/// Keeps what is recorded and shown, as short texts in their order; fails on demand.
final class Journal: LedgerRecording, EventSink {
    private struct State {
        var lines: [String] = []
        var outcomes: [ImageOutcome] = []
        var failsAfter = Int.max
    }

    private let state = Mutex(State())

    var lines: [String] { state.withLock { $0.lines } }
    var outcomes: [ImageOutcome] { state.withLock { $0.outcomes } }

    func fail(after count: Int) { state.withLock { $0.failsAfter = count } }

    func record(_ fact: RunFact) async throws {
        let isFull = state.withLock { state in
            state.failsAfter -= 1
            return state.failsAfter < 0
        }
        if isFull { throw JobFailure(class: .host, message: "disk full", summary: "disk full") }
        switch fact {
        case .event(let event, let build): add("record \(text(event))\(build.map { " \($0)" } ?? "")")
        case .attemptEnded(let outcome): add("attempt \(outcome.build ?? "-") \(outcome.status.rawValue)")
        case .tagMoved(let move, let build, _): add("tag \(move.reference.familiar) \(build)")
        case .seen(let reference, _, _): add("seen \(reference.familiar)")
        }
    }

    func show(_ event: RunEvent) async {
        add("show \(text(event))")
        if case .imageEnded(let outcome) = event { state.withLock { $0.outcomes.append(outcome) } }
    }

    private func add(_ line: String) { state.withLock { $0.lines.append(line) } }

    private func text(_ event: RunEvent) -> String {
        switch event {
        case .imageStarted(let started): "start \(started.image) #\(started.attempt)"
        case .image(let name, let event): "\(name) \(event.kind.rawValue)"
        case .imageEnded(let outcome): "end \(outcome.image) \(outcome.status.rawValue)"
        case .retry(let retry): "retry \(retry.image) #\(retry.attempt)"
        case .context, .started, .ended, .push, .warning: "other"
        }
    }
}

extension JobResult {
    /// An image without layers whose manifest is nowhere.
    static func sample(of name: String, layers: [Descriptor] = [], steps: Int = 1, cached: Int = 0) -> JobResult {
        JobResult(
            manifest: Descriptor(mediaType: .imageManifest, digest: Digest(of: Array(name.utf8)), size: 1),
            config: Descriptor(mediaType: .imageConfig, digest: Digest(of: Array("config".utf8)), size: 6),
            layers: layers, diffIDs: layers.map(\.digest), rootfsDigest: Digest(of: Array("rootfs".utf8)), steps: steps,
            cachedSteps: cached, baseDigest: nil, baseLabels: [:])
    }
}
