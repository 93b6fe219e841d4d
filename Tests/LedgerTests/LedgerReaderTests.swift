import Jobs
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Ledger

/// Questions to a small history:
/// `R1`: a built (B1), b failed (B2), c blocked; `R2`: a fresh (B3), b built (B4), `x[py=3]` built (B5).
@Suite struct LedgerReaderTests {
    private let ledger: TestLedger
    private let reader: LedgerReader
    private static let base = Digest(of: "base".utf8)

    init() async throws {
        ledger = try TestLedger()
        let writer = try ledger.writer()
        try await writer.record(.runBegan(TestLedger.run("R1")), .runBegan(TestLedger.run("R2")))
        try await writer.build("01B1AAAA", run: "R1", "a", ended: 1010)
        try await writer.build("01B1BBBB", run: "R1", "b", .failed, ended: 1020)
        try await writer.end(TestLedger.outcome(nil, "c", .blocked, ended: 1021), run: "R1")
        try await writer.record(.buildBegan(TestLedger.start("01B3", run: "R2", "a")))
        try await writer.record(
            .material(Material(role: .base, reference: "debian:12", digest: Self.base), build: "01B3"),
            .material(Material(role: .context, reference: ".", digest: Digest(of: "context".utf8)), build: "01B3"),
            .tagged(reference: "r/a:1", digest: Digest(of: "1".utf8), previous: nil, build: "01B3", at: 1),
            .tagged(reference: "r/a:2", digest: Digest(of: "1".utf8), previous: Self.base, build: "01B3", at: 2))
        for number in [2, 1] {
            let step = StepEnded(step: number, stage: "s", instruction: "RUN \(number)", cached: true, milliseconds: 1)
            try await writer.record(.step(step, build: "01B3"))
        }
        let fresh = TestLedger.outcome("01B3", "a", .fresh, ended: 1030) { $0.digest = Digest(of: "01B1AAAA".utf8) }
        try await writer.end(fresh, run: "R2")
        try await writer.build("01B4", run: "R2", "b", ended: 1101)
        try await writer.build("01B5", run: "R2", "x[py=3]", ended: 1040)
        reader = try ledger.reader()
    }

    private static func filter(_ change: (inout HistoryFilter) -> Void) -> HistoryFilter {
        var filter = HistoryFilter()
        change(&filter)
        return filter
    }

    @Test(arguments: [
        (filter { _ in }, ["x[py=3]", "b", "a", "c", "b", "a"]),
        (filter { $0.limit = 2 }, ["x[py=3]", "b"]),
        (filter { $0.image = "a" }, ["a", "a"]),
        (filter { $0.image = "?" }, ["b", "a", "c", "b", "a"]),
        (filter { $0.image = "x[py=*" }, ["x[py=3]"]),
        (filter { $0.image = "[ab]" }, []),
        (filter { $0.image = "[ab]*" }, []),
        (filter { $0.statuses = [.failed, .blocked] }, ["c", "b"]),
        (filter { $0.since = 1030 }, ["x[py=3]", "b", "a"]),
        (filter { $0.until = 1020 }, ["a"]),
        (filter { ($0.since, $0.until) = (1020, 1040) }, ["a", "c", "b"]),
        (filter { $0.slowerThanInSeconds = 39 }, ["b"]),
        (filter { $0.run = "r2" }, ["x[py=3]", "b", "a"]),
        (filter { $0.base = base.description }, ["a"]),
        (filter { $0.base = String(base.hex.prefix(6)) }, ["a"]),
        (filter { $0.base = Digest(of: "context".utf8).hex }, []),
        (filter { ($0.image, $0.statuses, $0.since) = ("b", [.built], 1100) }, ["b"]),
        (filter { ($0.image, $0.statuses) = ("a'; DROP TABLE builds; --", [.built]) }, []),
    ])
    func `a filter lists what passes all its conditions, newest first`(_ filter: HistoryFilter, _ images: [String])
        throws
    {
        #expect(try reader.builds(filter).map(\.image) == images)
    }

    @Test(arguments: [
        ("a", "01B3"), ("a^", "01B1AAAA"), ("a^1", "01B1AAAA"), ("a^0", "01B3"), ("01B1AAAA", "01B1AAAA"),
        ("01b1b", "01B1BBBB"), ("01B3", "01B3"), ("x[py=3]", "01B5"),
        (Digest(of: "01B4".utf8).description, "01B4"), (String(Digest(of: "01B4".utf8).hex.prefix(8)), "01B4"),
        // Two builds of one digest: the later.
        (String(Digest(of: "01B1AAAA".utf8).hex.prefix(12)), "01B3"),
    ])
    func `a build is found by what names it`(_ text: String, _ build: String) throws {
        #expect(try reader.detail(of: text).build.build == build)
    }

    @Test(arguments: [
        ("nobody", "the history has no image, build or digest \"nobody\""),
        ("", "the history has no image, build or digest \"\""),
        ("sha256:", "the history has no image, build or digest \"sha256:\""),
        ("a^2", "the history has no build 2 before the latest of a"),
        ("a^x", "\"a^x\": after ^ a number of builds to go back is needed"),
        ("a^-1", "\"a^-1\": after ^ a number of builds to go back is needed"),
        ("01B1", "\"01B1\" is the beginning of more than one: 01B1AAAA, 01B1BBBB"),
        ("01B", "\"01B\" is the beginning of more than one: 01B1AAAA, 01B1BBBB, 01B3, …"),
    ])
    func `what names no build, or several, is an error`(_ text: String, _ message: String) throws {
        let error = #expect(throws: LedgerError.self) { try reader.detail(of: text) }
        #expect(try #require(error).description == message)
    }

    @Test func `a build is shown with its steps, materials and tags`() throws {
        let detail = try reader.detail(of: "a")
        #expect(detail.steps.map(\.instruction) == ["RUN 1", "RUN 2"])
        #expect(detail.materials.map(\.role) == ["base", "context"])
        #expect(detail.tags.map(\.reference) == ["r/a:1", "r/a:2"])
        #expect(detail.tags.map(\.previous) == [nil, Self.base.description])
        #expect(detail.build.log == nil)
    }

    @Test func `the last five builds say how long the next may take`() throws {
        #expect(try reader.durations() == ["a": 29, "b": 100, "x[py=3]": 39])
    }

    @Test func `the latest success is the last build with an image`() throws {
        #expect(try reader.latestSuccess(of: "b", platform: "linux/amd64")?.build == "01B4")
        #expect(try reader.latestSuccess(of: "b", platform: "linux/arm64") == nil)
        #expect(try reader.latestSuccess(of: "c", platform: "linux/amd64") == nil)
    }

    @Test func `a reader sees what is written after it was opened`() async throws {
        let writer = try ledger.writer()
        try await writer.build("01B6", run: "R2", "late")
        #expect(try reader.detail(of: "late").build.build == "01B6")
    }
}
