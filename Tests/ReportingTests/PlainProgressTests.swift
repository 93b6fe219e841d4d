import Jobs
import Testing

@testable import Reporting

@Suite struct PlainProgressTests {
    private static func lines(_ events: [RunEvent], isColored: Bool = false, isVerbose: Bool = false) -> [String] {
        var plain = PlainProgress(style: TextStyle(isColored: isColored), isVerbose: isVerbose)
        return events.flatMap { plain.lines(for: $0) }
    }

    @Test func `blocks are whole, and failures stand again at the end`() throws {
        try Snapshot.expect(Self.lines(Batch.failing + [Batch.ended()]), "plain.txt")
    }

    @Test func `verbose says why steps were not cached`() throws {
        let lines = Self.lines(Batch.failing + [Batch.ended()], isVerbose: true)
        #expect(lines.contains("  #2 not cached: changed: context"))
    }

    @Test func `colours are around lines, and only where they are wanted`() {
        #expect(
            Self.lines(Batch.failing, isColored: true).contains(
                "\u{1B}[33mweb: blocked (it needs app, which was not built)\u{1B}[0m"))
        #expect(!Self.lines(Batch.failing + [Batch.ended()]).joined().unicodeScalars.contains("\u{1B}"))
    }

    @Test func `a failure that was the last thing said is not said twice`() {
        let failure = RunEvent.imageEnded(Batch.outcome("app", .failed, error: "boom"))
        #expect(Self.lines([failure, Batch.ended()]) == ["app: failed in 4.2s", "  boom"])
        #expect(Self.lines([failure, Batch.began("b"), Batch.ended()]).filter { $0 == "  boom" }.count == 2)
    }

    @Test func `a failed step says how to look inside, other failures do not`() {
        func lines(_ failure: JobFailure) -> [String] {
            var outcome = Batch.outcome("app", .failed)
            outcome.error = failure
            var plain = PlainProgress(
                style: TextStyle(isColored: false), shellCommand: "build-all shell manifest.yaml")
            return plain.lines(for: .imageEnded(outcome))
        }
        let step = JobFailure(class: .step, message: "boom", summary: "boom")
        #expect(lines(step).suffix(2) == ["  boom", "  to look inside: build-all shell manifest.yaml app"])
        #expect(lines(JobFailure(class: .network, message: "boom", summary: "boom")).last == "  boom")
    }

    @Test func `a second attempt is announced, and its block has both`() {
        let retry = RetryScheduled(image: "app", attempt: 2, delayInSeconds: 2, reason: "503\u{7}")
        let lines = Self.lines([
            Batch.began("app"), Batch.step("app", 1, "RUN a"), .retry(retry), Batch.began("app", attempt: 2),
            Batch.stepEnded("app", 1, "RUN a", seconds: 1), .imageEnded(Batch.outcome("app")),
        ])
        #expect(lines.prefix(3) == ["app: started", "app: trying again in 2.0s: 503\\x07", "app: started (attempt 2)"])
    }

    @Test func `of a step that floods us the end is kept`() {
        var events = (0..<10_000).map { Batch.output("app", 1, "line \($0)") }
        events.append(.imageEnded(Batch.outcome("app")))
        let lines = Self.lines(events)
        #expect(lines.count < 4100)
        #expect(lines[1].hasSuffix(" lines before these are in the log"))
        #expect(lines.contains("  #1 | line 9999"))
    }

    @Test func `of long lines fewer are kept`() {
        let long = String(repeating: "\0", count: 16 << 10)
        var events = (0..<1000).map { _ in Batch.output("app", 1, long) }
        events.append(.imageEnded(Batch.outcome("app")))
        let lines = Self.lines(events)
        #expect(lines.reduce(0) { $0 + $1.utf8.count } < 3 << 20)
        #expect(lines[1].hasSuffix(" lines before these are in the log"))
    }
}
