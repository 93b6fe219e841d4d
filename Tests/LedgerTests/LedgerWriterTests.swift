import Jobs
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Ledger

@Suite struct LedgerWriterTests {
    private let ledger: TestLedger

    init() throws { ledger = try TestLedger() }

    @Test func `every fact of a run can be read by sqlite3`() async throws {
        let writer = try ledger.writer()
        let digest = Digest(of: "image".utf8)
        try await writer.record(.runBegan(TestLedger.run("R")), .buildBegan(TestLedger.start("B", run: "R", "app")))
        var step = StepEnded(step: 1, stage: "0", instruction: "RUN make", cached: false, milliseconds: 12.5)
        step.missReason = "never built"
        let base = Material(role: .base, reference: "debian:12", digest: Digest(of: "base".utf8))
        try await writer.record(.step(step, build: "B"), .material(base, build: "B"), .material(base, build: "B"))
        try await writer.record(.seen(reference: "debian:12", digest: base.digest, at: 1002))
        try await writer.record(.tagged(reference: "r/app:1", digest: digest, previous: nil, build: "B", at: 1009))
        let outcome = TestLedger.outcome("B", "app") {
            $0.digest = digest
            $0.reasons = ["context_changed:a\"b"]
            $0.error = JobFailure(class: .registry, message: "it's\nlate", summary: "late")
        }
        let environment = BuildEnvironment(isolation: "shifted", network: .host)
        try await writer.record(.buildEnded(outcome, run: "R", environment: environment))
        try await writer.record(.runEnded(run: "R", exitCode: 1, at: 1011))

        #expect(
            try ledger.sql("SELECT id, trigger, dirty, argv, exit FROM runs JOIN run_ends ON run = id")
                == [#"R|cron|1|["build-all","m.yaml"]|1"#])
        #expect(
            try ledger.sql("SELECT n, instruction, cached, ms, miss FROM steps") == ["1|RUN make|0|12.5|never built"])
        #expect(try ledger.sql("SELECT role, ref, digest FROM materials") == ["base|debian:12|\(base.digest)"])
        #expect(try ledger.sql("SELECT ref, at, digest FROM seen") == ["debian:12|1002.0|\(base.digest)"])
        #expect(try ledger.sql("SELECT ref, digest, previous, build FROM tags") == ["r/app:1|\(digest)||B"])
        #expect(
            try ledger.sql("SELECT id, reasons, ended, seconds, isolation, network, error_class FROM builds")
                == [#"B|["context_changed:a\"b"]|1010.0|9.0|shifted|host|registry"#])
        #expect(try ledger.sql("SELECT error FROM builds") == ["it's", "late"])
        #expect(
            try ledger.sql("PRAGMA journal_mode; PRAGMA integrity_check; PRAGMA foreign_key_check") == ["wal", "ok"])
    }

    @Test(arguments: [
        "UPDATE runs SET at = 0", "DELETE FROM runs", "UPDATE run_ends SET exit = 0", "DELETE FROM run_ends",
        "UPDATE build_starts SET image = 'x'", "DELETE FROM build_starts", "UPDATE builds SET status = 'built'",
        "DELETE FROM builds", "UPDATE materials SET ref = 'x'", "DELETE FROM materials", "UPDATE tags SET at = 0",
        "DELETE FROM tags", "UPDATE seen SET at = 0", "DELETE FROM seen", "UPDATE steps SET ms = 0",
        "UPDATE packages SET version = '2'", "DELETE FROM packages",
        "INSERT OR REPLACE INTO run_ends VALUES ('R', 0, 2)",
    ])
    func `what is written stays`(_ statement: String) async throws {
        try await fill()
        let result = try Tool.run(
            "sqlite3", ledger.path.string, "PRAGMA recursive_triggers = on; \(statement)")
        #expect(result.errorOutput.contains("the ledger is append-only"), "\(result.errorOutput)")
        #expect(result.status != 0)
    }

    @Test func `steps may go`() async throws {
        try await fill()
        #expect(try ledger.sql("DELETE FROM steps; SELECT count(*) FROM steps") == ["0"])
    }

    private func fill() async throws {
        let writer = try ledger.writer()
        try await writer.record(.runBegan(TestLedger.run("R")))
        try await writer.build("B", run: "R", "app")
        let digest = Digest(of: "x".utf8)
        try await writer.record(
            .step(StepEnded(step: 1, stage: "0", instruction: "RUN x", cached: true, milliseconds: 1), build: "B"),
            .material(Material(role: .base, reference: "r", digest: digest), build: "B"),
            .tagged(reference: "r", digest: digest, previous: nil, build: "B", at: 1),
            .seen(reference: "r", digest: digest, at: 1), .runEnded(run: "R", exitCode: 0, at: 1))
        _ = try ledger.sql("INSERT INTO packages VALUES ('d', 'deb', 'bash', '5')")
    }

    @Test(arguments: [
        (LedgerFact.buildBegan(TestLedger.start("B", run: "nobody", "app")), "FOREIGN KEY constraint failed"),
        (.runBegan(TestLedger.run("R")), "UNIQUE constraint failed: runs.id"),
        (.material(Material(role: .base, reference: "r", digest: Digest(of: [])), build: "B"), "FOREIGN KEY"),
        (.tagged(reference: "r", digest: Digest(of: []), previous: nil, build: "B", at: 1), "FOREIGN KEY"),
    ])
    func `a fact that contradicts the others is refused, with those it came with`(
        _ fact: LedgerFact, _ reason: String
    ) async throws {
        let writer = try ledger.writer()
        try await writer.record(.runBegan(TestLedger.run("R")))
        let error = await #expect(throws: LedgerError.self) {
            try await writer.record(.runBegan(TestLedger.run("S")), fact)
        }
        #expect("\(try #require(error))".hasPrefix("writing the ledger \(ledger.path): "))
        #expect("\(try #require(error))".contains(reason))
        #expect(try ledger.sql("SELECT id FROM runs") == ["R"])
    }

    @Test func `facts of many tasks are written, and a wrong one fails its own task only`() async throws {
        let writer = try ledger.writer()
        try await writer.record(.runBegan(TestLedger.run("R")))
        let failures = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    do {
                        try await writer.build("B\(number / 10 == 7 ? 70 : number)", run: "R", "app")
                        return false
                    } catch { return true }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 9)
        #expect(try ledger.sql("SELECT count(*) FROM builds") == ["191"])
    }

    @Test func `a cancelled task writes what it has begun to write`() async throws {
        let writer = try ledger.writer()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await writer.record(.runBegan(TestLedger.run("R")))
        }
        try await task.value
        #expect(try ledger.sql("SELECT id FROM runs") == ["R"])
    }

    @Test func `an image that never started has a build of its own`() async throws {
        let writer = try ledger.writer()
        try await writer.record(.runBegan(TestLedger.run("R")))
        try await writer.end(TestLedger.outcome(nil, "a", .blocked, ended: 1005), run: "R")
        try await writer.end(TestLedger.outcome(nil, "b", .cancelled, ended: nil), run: "R")
        #expect(
            try ledger.sql("SELECT image, status, length(id), started, ended, seconds FROM builds ORDER BY seq")
                == ["a|blocked|26||1005.0|", "b|cancelled|26||1000.0|"])
    }

    @Test func `an image given up while it waits for another attempt has a row beside the attempt's`() async throws {
        let writer = try ledger.writer()
        try await writer.record(.runBegan(TestLedger.run("R")))
        try await writer.build("B", run: "R", "app", .failed)
        try await writer.end(TestLedger.outcome("B", "app", .cancelled), run: "R")
        #expect(try ledger.sql("SELECT id = 'B', status FROM builds ORDER BY seq") == ["1|failed", "0|cancelled"])
    }

    @Test func `heads follow the latest build of an image and platform`() async throws {
        let writer = try ledger.writer()
        try await writer.record(.runBegan(TestLedger.run("R")))
        try await writer.build("B1", run: "R", "a")
        try await writer.build("B2", run: "R", "b")
        try await writer.build("B3", run: "R", "a", .failed)
        #expect(try ledger.sql("SELECT image, platform, build FROM heads") == ["a|linux/amd64|B3", "b|linux/amd64|B2"])
    }

    @Test func `runs without an end are marked with their unfinished builds, once`() async throws {
        let writer = try ledger.writer()
        try await writer.record(.runBegan(TestLedger.run("R1")), .runEnded(run: "R1", exitCode: 0, at: 2))
        try await writer.record(.runBegan(TestLedger.run("R2")))
        try await writer.build("B1", run: "R2", "done")
        try await writer.record(.buildBegan(TestLedger.start("B2", run: "R2", "open")))
        let later = try ledger.writer()
        #expect(try await later.markInterruptedRuns(at: 5000) == ["R2"])
        #expect(try await later.markInterruptedRuns(at: 6000) == [])
        #expect(
            try ledger.sql("SELECT id, status, ended, ifnull(seconds, '-'), log FROM builds ORDER BY seq")
                == ["B1|built|1010.0|9.0|", "B2|interrupted|5000.0|-|logs/R2/open.log"])
        #expect(try ledger.sql("SELECT * FROM run_ends") == ["R1|0|2.0", "R2|-1|5000.0"])
    }
}
