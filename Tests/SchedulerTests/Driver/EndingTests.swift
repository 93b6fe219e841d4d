import Jobs
import Planning
import Testing

@testable import Scheduler

@Suite(.timeLimit(.minutes(10))) struct EndingTests {
    private static let limited = {
        var limits = Limits()
        limits.timeoutInSeconds = 60
        return limits
    }()

    @Test func `an executor over its time is terminated`() async throws {
        let batch = try TestBatch(
            [TestImage(name: "a", limits: Self.limited), TestImage(name: "b", parents: ["a"])],
            scripts: [
                "a": { executor in
                    executor.waitForTermination()
                    executor.send(.failed(JobFailure(class: .cancelled, message: "TERM", summary: "TERM")))
                }
            ])
        async let outcomes = batch.run()
        await batch.clock.sleeper(until: .seconds(60))
        batch.clock.advance(to: .seconds(60))
        #expect(try await outcomes == ["a timed-out", "b blocked"])
        #expect(batch.journal.outcomes.first?.error?.message == "took longer than 1m (limits.timeout)")
    }

    @Test func `an executor that does not listen is killed after the grace`() async throws {
        let batch = try TestBatch(
            [TestImage(name: "a", limits: Self.limited)],
            scripts: [
                "a": { executor in
                    executor.waitForTermination()
                    executor.waitForTermination()
                }
            ])
        async let outcomes = batch.run()
        await batch.clock.sleeper(until: .seconds(60))
        batch.clock.advance(to: .seconds(60))
        await batch.clock.sleeper(until: .seconds(70))
        batch.clock.advance(to: .seconds(70))
        #expect(try await outcomes == ["a timed-out"])
    }

    @Test func `silence is noticed, words are not silence`() async throws {
        var limits = Limits()
        limits.idleInSeconds = 10
        let batch = try TestBatch(
            [TestImage(name: "a", limits: limits)],
            scripts: [
                "a": { executor in
                    executor.waitForTermination()
                    executor.exit(.exited(1))
                }
            ])
        async let outcomes = batch.run()
        await batch.clock.sleeper(until: .seconds(10))
        batch.clock.advance(to: .seconds(10))
        #expect(try await outcomes == ["a timed-out"])
        #expect(batch.journal.outcomes.first?.error?.message == "silent for 10s (limits.idle)")
    }

    @Test func `Ctrl-C ends what runs and cancels what waits`() async throws {
        let started = Reply<Void>()
        let batch = try TestBatch(
            [TestImage(name: "a"), TestImage(name: "b", parents: ["a"]), TestImage(name: "c")],
            scripts: [
                "a": { executor in
                    started.give(())
                    executor.waitForTermination()
                }
            ], slots: 1)
        async let outcomes = batch.run()
        _ = await started.wait()
        batch.runner.interrupt()
        #expect(try await outcomes == ["a cancelled", "b cancelled", "c cancelled"])
    }

    @Test func `after Ctrl-C nobody lives longer than 1.5 seconds`() async throws {
        let started = Reply<Void>()
        let batch = try TestBatch(
            [TestImage(name: "a")],
            scripts: [
                "a": { executor in
                    started.give(())
                    executor.waitForTermination()
                    executor.waitForTermination()
                }
            ])
        async let outcomes = batch.run()
        _ = await started.wait()
        batch.runner.interrupt()
        await batch.clock.sleeper(until: .milliseconds(1500))
        batch.clock.advance(to: .milliseconds(1500))
        #expect(try await outcomes == ["a cancelled"])
    }

    @Test func `a second Ctrl-C kills at once`() async throws {
        let started = Reply<Void>()
        let batch = try TestBatch(
            [TestImage(name: "a")],
            scripts: [
                "a": { executor in
                    started.give(())
                    executor.waitForTermination()
                    executor.waitForTermination()
                }
            ])
        async let outcomes = batch.run()
        _ = await started.wait()
        batch.runner.interrupt()
        batch.runner.interrupt()
        #expect(try await outcomes == ["a cancelled"])
    }

    @Test func `an executor that stays after its last word is killed`() async throws {
        let batch = try TestBatch(
            [TestImage(name: "a")],
            scripts: [
                "a": { executor in
                    executor.send(.finished(.sample(of: "a")))
                    executor.waitForTermination()
                }
            ])
        async let outcomes = batch.run()
        await batch.clock.sleeper(until: ExecutorSession.patience)
        batch.clock.advance(to: ExecutorSession.patience)
        #expect(try await outcomes == ["a built"])
    }

    @Test func `Ctrl-C while a manifest is pushed gives the push up`() async throws {
        let batch = try TestBatch(
            [TestImage(name: "a", tags: ["localhost:5000/a:1"])],
            scripts: ["a": { $0.finish(layers: [[1]]) }])
        let pushing = Reply<Void>()
        let never = Reply<Void>()
        batch.registry.stallPuts {
            pushing.give(())
            if await never.wait() == nil { throw CancellationError() }
        }
        async let outcomes = batch.run()
        _ = await pushing.wait()
        batch.runner.interrupt()
        #expect(try await outcomes == ["a cancelled"])
    }
}
