import Jobs
import Testing

@testable import Reporting

@Suite struct TerminalProgressTests {
    private static func progress(_ events: [RunEvent] = [], isVerbose: Bool = false) -> TerminalProgress {
        var progress = TerminalProgress(style: TextStyle(isColored: false), isVerbose: isVerbose)
        for event in events { progress.handle(event) }
        return progress
    }

    @Test func `a row an image, with its instruction, its time and the last it said`() throws {
        var progress = Self.progress(Array(Batch.failing.prefix(10)))
        var terminal = Terminal(width: 60, height: 10)
        try terminal.write(progress.frame(at: Batch.start + 65, width: 60, height: 10))
        #expect(
            terminal.lines == [
                "0/3 done, 2 running, 1m05s", "base  1m05s  2/2 [base] RUN true",
                "app   1m04s  1/3 [base] RUN make all  | 100%",
            ])
        #expect(!terminal.showsCursor)
    }

    /// A frame after each event: what is left at the end must not depend on when frames were drawn.
    @Test(arguments: [(80, 24), (40, 8), (20, 3), (9, 3)])
    func `what has ended stays, nothing of the table does`(_ width: Int, _ height: Int) throws {
        var often = Terminal(width: width, height: height)
        var progress = Self.progress()
        for (number, event) in (Batch.failing + [Batch.ended()]).enumerated() {
            progress.handle(event)
            try often.write(progress.frame(at: Batch.start + Double(number), width: width, height: height))
        }
        try often.write(progress.lastFrame(width: width))
        #expect(often.showsCursor)

        var once = Terminal(width: width, height: height)
        var late = Self.progress(Batch.failing + [Batch.ended()])
        try once.write(late.lastFrame(width: width))
        #expect(often.scrolledAway + often.lines == once.scrolledAway + once.lines)
        if width == 80 { try Snapshot.expect(once.scrolledAway + once.lines, "terminal.txt") }
    }

    @Test(arguments: [3, 4, 6, 12, 24])
    func `more images than lines are counted`(_ height: Int) throws {
        let names = (0..<10).map { "image-\($0)" }
        var progress = Self.progress([Batch.started("x", "y")] + names.map { Batch.began($0) })
        var terminal = Terminal(width: 60, height: height)
        for second in 0..<5 {
            try terminal.write(progress.frame(at: Batch.start + Double(second), width: 60, height: height))
        }
        #expect(terminal.scrolledAway == [])
        #expect(terminal.lines.count < height)
        let shown = terminal.lines.count { $0.hasPrefix("image-") }
        #expect(shown == 10 || terminal.lines.last == "… and \(10 - shown) more")
    }

    @Test func `nothing is written while nothing changes`() throws {
        var progress = Self.progress(Array(Batch.failing.prefix(8)))
        #expect(progress.frame(at: Batch.start + 1, width: 80, height: 24) != "")
        #expect(progress.frame(at: Batch.start + 1.9, width: 80, height: 24) == "")
        #expect(progress.frame(at: Batch.start + 2, width: 80, height: 24) != "")
        progress.handle(Batch.output("app", 1, "more"))
        #expect(progress.frame(at: Batch.start + 2, width: 80, height: 24) != "")
    }

    @Test func `a terminal that became narrower has wrapped the table`() throws {
        var progress = Self.progress(Array(Batch.failing.prefix(10)))
        _ = progress.frame(at: Batch.start, width: 60, height: 24)
        // Three lines of 24, 35 and 45 columns: on 20 columns they take 2, 2 and 3.
        #expect(progress.frame(at: Batch.start, width: 20, height: 24).hasPrefix("\u{1B}[7A"))
    }

    @Test func `a step cannot drive the terminal`() throws {
        var progress = Self.progress([
            Batch.started("a"), Batch.began("a"), Batch.step("a", 1, "RUN \u{1B}[2J"),
            Batch.output("a", 1, "\u{9B}1A\u{1B}]0;x\u{7}\u{202E}"),
        ])
        var terminal = Terminal(width: 80, height: 5)
        try terminal.write(progress.frame(at: Batch.start, width: 80, height: 5))
        #expect(terminal.lines.last == "a     0s  [base] RUN \\x1b[2J  | \\x9b1A\\x1b]0;x\\x07\\u{202e}")
    }

    @Test func `bytes on their way have a bar`() throws {
        var progress = Self.progress([
            Batch.started("a"), Batch.began("a"),
            .push(PushProgress(image: "a", reference: "r/a:1", bytesDone: 12_345_678, bytesTotal: 27_912_345)),
        ])
        var terminal = Terminal(width: 80, height: 5)
        try terminal.write(progress.frame(at: Batch.start, width: 80, height: 5))
        #expect(terminal.lines.last == "a     0s  starting  pushing r/a:1 [####------] 12 MB/28 MB")
        let unpacking = Progress(activity: "unpacking", bytesDone: 5000, bytesTotal: nil)
        progress.handle(.image(name: "a", .progress(unpacking)))
        try terminal.write(progress.frame(at: Batch.start, width: 80, height: 5))
        #expect(terminal.lines.last == "a     0s  starting  unpacking 5.0 kB")
    }

    @Test func `an image that is tried again has one row`() throws {
        let retry = RetryScheduled(image: "a", attempt: 2, delayInSeconds: 2, reason: "503")
        var progress = Self.progress([Batch.started("a"), Batch.began("a"), .retry(retry)])
        var terminal = Terminal(width: 80, height: 5)
        try terminal.write(progress.frame(at: Batch.start, width: 80, height: 5))
        #expect(terminal.lines.last == "a     0s  waiting for attempt 2")
        progress.handle(Batch.began("a", attempt: 2, at: 3))
        try terminal.write(progress.frame(at: Batch.start + 4, width: 80, height: 5))
        #expect(
            terminal.lines == ["a: trying again in 2.0s: 503", "0/1 done, 1 running, 4s", "a     1s  starting"])
    }

    @Test func `verbose keeps the blocks of what came about`() throws {
        var progress = Self.progress(Batch.failing, isVerbose: true)
        #expect(progress.lastFrame(width: 80).contains("  #1 [base] COPY . /src  CACHED\r\n"))
    }
}
