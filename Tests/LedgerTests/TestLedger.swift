import Jobs
import OCI
import SystemPackage
import TestSupport

@testable import Ledger

/// A ledger in a folder of its own.
struct TestLedger {
    static let platform = Platform(os: "linux", architecture: "amd64")
    let folder: TestFolder
    let path: FilePath

    init() throws {
        folder = try TestFolder()
        path = FilePath(folder.path("ledger.sqlite"))
    }

    func writer() throws -> LedgerWriter { try LedgerWriter(path) }
    func reader() throws -> LedgerReader { try LedgerReader(path) }

    /// What Debian's `sqlite3` says, columns separated by `|`.
    func sql(_ statement: String) throws -> [String] {
        try Tool.run("sqlite3", path.string, statement).checked().output.split(separator: "\n").map(String.init)
    }

    static func run(_ id: String, at time: Double = 1000) -> RunRecord {
        RunRecord(
            id: id, at: time, trigger: "cron", manifest: "/m.yaml", manifestDigest: Digest(of: "m".utf8), git: "abc",
            isDirty: true, host: "h", engine: "local", version: "1", arguments: ["build-all", "m.yaml"])
    }

    static func start(_ id: String, run: String, _ image: String, attempt: Int = 1, at time: Double = 1001)
        -> BuildStart
    {
        BuildStart(
            id: id, run: run, image: image, platform: platform, attempt: attempt, at: time,
            log: "logs/\(run)/\(image).log")
    }

    static func outcome(
        _ build: String?, _ image: String, _ status: BuildStatus = .built, ended: Double? = 1010,
        _ change: (inout ImageOutcome) -> Void = { _ in }
    ) -> ImageOutcome {
        var outcome = ImageOutcome(image: image, platform: platform, status: status)
        outcome.build = build
        outcome.started = build == nil ? nil : 1001
        outcome.ended = ended
        if status.isSuccess { outcome.digest = Digest(of: (build ?? "").utf8) }
        change(&outcome)
        return outcome
    }
}

extension LedgerWriter {
    func end(_ outcome: ImageOutcome, run: String) async throws {
        try await record(.buildEnded(outcome, run: run, environment: BuildEnvironment()))
    }

    /// A build from start to end.
    func build(_ id: String, run: String, _ image: String, _ status: BuildStatus = .built, ended: Double = 1010)
        async throws
    {
        try await record(
            .buildBegan(TestLedger.start(id, run: run, image)),
            .buildEnded(
                TestLedger.outcome(id, image, status, ended: ended), run: run, environment: BuildEnvironment()))
    }
}
