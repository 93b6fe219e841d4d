import Jobs
import Planning
import Testing

@testable import Scheduler

@Suite struct BatchStateTests {
    @Test func `parents are built before their children`() {
        var batch = Batch(["a": [], "b": ["a"], "c": ["a", "b"]])
        #expect(batch.tick() == ["start a"])
        #expect(batch.built("a") == ["a done", "start b"])
        #expect(batch.built("b") == ["b done", "start c"])
        #expect(!batch.state.isFinished)
        #expect(batch.built("c") == ["c done"])
        #expect(batch.state.isFinished)
    }

    @Test func `no more than the slots run at once`() {
        var batch = Batch(["a": [], "b": [], "c": []], slots: 2)
        #expect(batch.tick() == ["start a", "start b"])
        #expect(batch.tick(at: 1).isEmpty)
        #expect(batch.built("b") == ["b done", "start c"])
    }

    @Test func `the longest way to the end starts first`() {
        let images = ["a": BatchImage(seconds: 5), "b": BatchImage(seconds: 1), "c": BatchImage(seconds: 9)]
        var batch = Batch(["a": [], "b": [], "c": ["b"], "d": []], images: images, slots: 1)
        #expect(batch.tick() == ["start b"])
        #expect(batch.built("b") == ["b done", "start c"])
        #expect(batch.built("c") == ["c done", "start a"])
        #expect(batch.built("a") == ["a done", "start d"])
    }

    @Test func `equals start in the order of the manifest`() {
        var batch = Batch(["c": [], "a": [], "b": []], slots: 3)
        #expect(batch.tick() == ["start c", "start a", "start b"])
    }

    @Test func `a failed image blocks its descendants and nothing else`() {
        var batch = Batch(["a": [], "b": ["a"], "c": ["b"], "d": [], "e": ["c", "d"], "f": ["d"]])
        #expect(batch.tick() == ["start a", "start d"])
        #expect(
            batch.failed("a") == ["a failed: step", "b blocked by a", "c blocked by a", "e blocked by a"])
        #expect(batch.built("d") == ["d done", "start f"])
        #expect(batch.built("f") == ["f done"])
        #expect(batch.state.isFinished)
    }

    @Test func `a second end of one executor changes nothing`() {
        var batch = Batch(["a": [], "b": ["a"]])
        _ = batch.tick()
        _ = batch.built("a")
        #expect(batch.failed("a").isEmpty)
        #expect(batch.published("a").isEmpty)
        #expect(batch.activity("a", at: 3).isEmpty)
    }

    @Test func `an empty batch is finished`() {
        #expect(Batch([:]).state.isFinished)
    }
}

@Suite struct PublishingTests {
    private static let publishing = ["a": BatchImage(publishes: true)]

    @Test func `children start while the parent is published`() {
        var batch = Batch(["a": [], "b": ["a"]], images: Self.publishing)
        _ = batch.tick()
        #expect(batch.built("a") == ["publish a", "start b"])
        #expect(batch.built("b") == ["b done"])
        #expect(!batch.state.isFinished)
        #expect(batch.published("a") == ["a done"])
        #expect(batch.state.isFinished)
    }

    @Test func `publishing holds no slot`() {
        var batch = Batch(["a": [], "b": []], images: Self.publishing, slots: 1)
        _ = batch.tick()
        #expect(batch.built("a") == ["publish a", "start b"])
    }

    @Test func `what cannot be published failed, but its children go on`() {
        var batch = Batch(["a": [], "b": ["a"]], images: Self.publishing)
        _ = batch.tick()
        _ = batch.built("a")
        #expect(batch.published("a", .sample(.registry)) == ["a failed: registry"])
        #expect(batch.built("b") == ["b done"])
    }

    @Test func `only the outputs are tried again`() {
        let rule = RetryRule(attempts: 2, causes: [.registry])
        var batch = Batch(["a": []], images: ["a": BatchImage(retry: rule, publishes: true)])
        _ = batch.tick()
        _ = batch.built("a")
        let temporary = JobFailure.sample(.registry, isTemporary: true)
        #expect(batch.published("a", temporary, at: 5) == ["retry a #2 after 2.0 seconds"])
        #expect(batch.tick(at: 7) == ["publish a #2"])
        #expect(batch.published("a", temporary, at: 8) == ["a failed: registry"])
    }
}

@Suite struct RetryTests {
    @Test func `pauses double and hold no slot`() {
        let rule = RetryRule(attempts: 3, causes: [.any])
        var batch = Batch(["a": [], "b": []], images: ["a": BatchImage(retry: rule)], slots: 1)
        #expect(batch.tick() == ["start a"])
        #expect(batch.failed("a", at: 10) == ["retry a #2 after 2.0 seconds", "start b"])
        #expect(batch.state.nextDeadline == .seconds(12))
        #expect(batch.tick(at: 12).isEmpty)
        #expect(batch.built("b", at: 13) == ["b done", "start a #2"])
        #expect(batch.failed("a", at: 20) == ["retry a #3 after 4.0 seconds"])
        #expect(batch.tick(at: 23.9).isEmpty)
        #expect(batch.tick(at: 24) == ["start a #3"])
        #expect(batch.failed("a", at: 30) == ["a failed: step"])
        #expect(batch.state.nextDeadline == nil)
    }

    @Test func `pauses have an upper bound`() {
        #expect(BatchRules(slots: 1).pause(after: 1) == .seconds(2))
        #expect(BatchRules(slots: 1).pause(after: 5) == .seconds(32))
        #expect(BatchRules(slots: 1).pause(after: 1000) == .seconds(60))
    }

    @Test func `children wait for the attempt that succeeds`() {
        let rule = RetryRule(attempts: 2, causes: [.oom])
        var batch = Batch(["a": [], "b": ["a"]], images: ["a": BatchImage(retry: rule)])
        _ = batch.tick()
        #expect(batch.failed("a", .sample(.oom)) == ["retry a #2 after 2.0 seconds"])
        #expect(batch.tick(at: 2) == ["start a #2"])
        #expect(batch.built("a", at: 3) == ["a done", "start b"])
    }
}

@Suite struct LimitTests {
    @Test func `an executor is terminated when its time is over and killed after the grace`() {
        var batch = Batch(["a": [], "b": ["a"]], images: ["a": BatchImage(timeout: .seconds(60))])
        _ = batch.tick()
        #expect(batch.state.nextDeadline == .seconds(60))
        #expect(batch.tick(at: 59.9).isEmpty)
        #expect(batch.tick(at: 60) == ["terminate a"])
        #expect(batch.state.nextDeadline == .seconds(70))
        #expect(batch.tick(at: 70) == ["kill a"])
        #expect(batch.state.nextDeadline == nil)
        #expect(
            batch.failed("a", .sample(.cancelled), at: 71) == [
                "a timed out: took longer than 1m (limits.timeout)", "b blocked by a",
            ])
    }

    @Test func `the idle clock starts anew with each sign of life`() {
        var batch = Batch(["a": []], images: ["a": BatchImage(idle: .seconds(10))])
        _ = batch.tick()
        _ = batch.activity("a", at: 8)
        #expect(batch.tick(at: 10).isEmpty)
        #expect(batch.state.nextDeadline == .seconds(18))
        #expect(batch.tick(at: 18) == ["terminate a"])
        #expect(batch.failed("a", at: 19) == ["a timed out: silent for 10s (limits.idle)"])
    }

    @Test func `the idle clock stands still while the scheduler serves the executor`() {
        var batch = Batch(["a": []], images: ["a": BatchImage(timeout: .seconds(500), idle: .seconds(10))])
        _ = batch.tick()
        _ = batch.serving("a", at: 1)
        #expect(batch.state.nextDeadline == .seconds(500))
        #expect(batch.tick(at: 300).isEmpty)
        _ = batch.served("a", at: 300)
        #expect(batch.state.nextDeadline == .seconds(310))
    }

    @Test func `an executor that finishes in spite of its limit has built its image`() {
        var batch = Batch(["a": []], images: ["a": BatchImage(timeout: .seconds(60))])
        _ = batch.tick()
        _ = batch.tick(at: 60)
        #expect(batch.built("a", at: 61) == ["a done"])
    }

    @Test func `a time-out can be tried again`() {
        let image = BatchImage(retry: RetryRule(attempts: 2, causes: [.timeout]), timeout: .seconds(60))
        var batch = Batch(["a": []], images: ["a": image])
        _ = batch.tick()
        _ = batch.tick(at: 60)
        #expect(batch.failed("a", at: 61) == ["retry a #2 after 2.0 seconds"])
        #expect(batch.tick(at: 63) == ["start a #2"])
        #expect(batch.state.nextDeadline == .seconds(123))
    }
}

@Suite struct CancellationTests {
    @Test func `Ctrl-C ends what runs and cancels the rest`() {
        var batch = Batch(["a": [], "b": [], "c": ["a"], "d": []])
        _ = batch.tick()
        #expect(
            batch.interrupt(at: 5) == ["terminate a", "terminate b", "c cancelled", "d cancelled"])
        #expect(batch.state.nextDeadline == .seconds(6.5))
        #expect(batch.failed("a", at: 6) == ["a cancelled"])
        #expect(batch.tick(at: 6.5) == ["kill b"])
        #expect(batch.failed("b", at: 6.6) == ["b cancelled"])
        #expect(batch.state.isFinished)
    }

    @Test func `a second Ctrl-C kills at once`() {
        var batch = Batch(["a": [], "b": []])
        _ = batch.tick()
        _ = batch.interrupt(at: 5)
        #expect(batch.interrupt(at: 5.2) == ["kill a", "kill b"])
        #expect(batch.interrupt(at: 5.3).isEmpty)
    }

    @Test func `an image that finishes after Ctrl-C is cancelled: its outputs are not written`() {
        var batch = Batch(["a": []], images: ["a": BatchImage(publishes: true)])
        _ = batch.tick()
        _ = batch.interrupt(at: 5)
        #expect(batch.built("a", at: 5.1) == ["a cancelled"])
    }

    @Test func `Ctrl-C gives up publishing and pauses`() {
        let rule = RetryRule(attempts: 2, causes: [.any])
        var batch = Batch(
            ["a": [], "b": []], images: ["a": BatchImage(publishes: true), "b": BatchImage(retry: rule)])
        _ = batch.tick()
        _ = batch.built("a")
        _ = batch.failed("b")
        #expect(batch.interrupt(at: 1) == ["b cancelled", "cancel publishing a"])
        #expect(batch.published("a", .sample(.cancelled), at: 1.1) == ["a cancelled"])
        #expect(batch.state.isFinished)
    }

    @Test func `what was published before the cancellation arrived is done`() {
        var batch = Batch(["a": []], images: ["a": BatchImage(publishes: true)])
        _ = batch.tick()
        _ = batch.built("a")
        _ = batch.interrupt(at: 1)
        #expect(batch.published("a", at: 1.1) == ["a done"])
    }

    @Test func `Ctrl-C shortens the grace of an executor that is over its limit`() {
        var batch = Batch(["a": []], images: ["a": BatchImage(timeout: .seconds(60))])
        _ = batch.tick()
        _ = batch.tick(at: 60)
        #expect(batch.interrupt(at: 61).isEmpty)
        #expect(batch.state.nextDeadline == .seconds(62.5))
        #expect(batch.failed("a", at: 62) == ["a cancelled"])
    }

    @Test func `fail-fast cancels what runs and what waits, but not what is being published`() {
        var batch = Batch(
            ["a": [], "b": [], "c": [], "d": ["c"]], images: ["c": BatchImage(publishes: true)], slots: 3
        ) {
            $0.failFast = true
        }
        _ = batch.tick()
        #expect(batch.built("c") == ["publish c", "start d"])
        #expect(batch.failed("a") == ["a failed: step", "terminate b", "terminate d"])
        #expect(batch.failed("b") == ["b cancelled"])
        #expect(batch.failed("d") == ["d cancelled"])
        #expect(batch.published("c") == ["c done"])
    }

    @Test func `fail-fast blocks the descendants of the failed image and tries nothing again`() {
        let rule = RetryRule(attempts: 5, causes: [.any])
        let images = ["b": BatchImage(retry: rule), "e": BatchImage(retry: rule)]
        var batch = Batch(["a": [], "b": [], "c": ["a"], "d": ["b"], "e": []], images: images, slots: 3) {
            $0.failFast = true
        }
        _ = batch.tick()
        #expect(batch.failed("e") == ["retry e #2 after 2.0 seconds"])
        #expect(
            batch.failed("a") == ["a failed: step", "c blocked by a", "terminate b", "d cancelled", "e cancelled"])
        #expect(batch.failed("b") == ["b cancelled"])
        #expect(batch.state.isFinished)
    }
}
