import Synchronization
import Testing

@testable import Scheduler

/// Counts who is inside.
private final class Tally: Sendable {
    private let state = Mutex((now: 0, most: 0))

    var most: Int { state.withLock { $0.most } }

    func enter() {
        state.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
    }

    func leave() { state.withLock { $0.now -= 1 } }
}

@Suite(.timeLimit(.minutes(10))) struct SharedWorkTests {
    private struct Refusal: Error, Equatable {}

    @Test func `many who ask at once share one piece of work`() async throws {
        let work = SharedWork<String, Int>()
        let runs = Tally()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await work.value(for: "a") {
                        runs.enter()
                        await Task.yield()
                        return 7
                    }
                }
            }
            for try await value in group { #expect(value == 7) }
        }
        #expect(runs.most == 1)
    }

    @Test func `a failure is not kept`() async throws {
        let work = SharedWork<String, Int>()
        await #expect(throws: Refusal()) { try await work.value(for: "a") { throw Refusal() } }
        #expect(try await work.value(for: "a") { 3 } == 3)
    }

    @Test func `when the one who works is cancelled another takes over`() async throws {
        let work = SharedWork<String, Int>()
        let started = Reply<Void>()
        let never = Reply<Void>()
        let first = Task {
            try await work.value(for: "a") {
                started.give(())
                if await never.wait() == nil { throw CancellationError() }
                return 1
            }
        }
        _ = await started.wait()
        async let second = work.value(for: "a") { 2 }
        await Task.yield()
        first.cancel()
        #expect(try await second == 2)
        await #expect(throws: CancellationError.self) { try await first.value }
    }

    @Test func `who waits can be cancelled alone`() async throws {
        let work = SharedWork<String, Int>()
        let started = Reply<Void>()
        let finish = Reply<Void>()
        async let first = work.value(for: "a") {
            started.give(())
            _ = await finish.wait()
            return 1
        }
        _ = await started.wait()
        let second = Task { try await work.value(for: "a") { 2 } }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        finish.give(())
        #expect(try await first == 1)
    }
}

@Suite(.timeLimit(.minutes(10))) struct GateTests {
    @Test func `no more than its width pass at once`() async throws {
        let gate = Gate(width: 3)
        let inside = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await gate.pass {
                        inside.enter()
                        await Task.yield()
                        inside.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect((1...3).contains(inside.most))
    }

    @Test func `one who gives up in line leaves his place to others`() async throws {
        let gate = Gate(width: 1)
        let entered = Reply<Void>()
        let finish = Reply<Void>()
        async let first: Void = gate.pass {
            entered.give(())
            _ = await finish.wait()
        }
        _ = await entered.wait()
        let second = Task { try await gate.pass {} }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        finish.give(())
        try await first
        #expect(try await gate.pass { 5 } == 5)
    }
}
