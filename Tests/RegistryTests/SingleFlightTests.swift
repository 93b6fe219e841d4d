import Synchronization
import Testing

@testable import Registry

@Suite struct SingleFlightTests {
    @Test func `tasks that want the same share one run`() async throws {
        let flight = SingleFlight<String, Int>()
        let gate = Gate()
        let runs = Count()
        let results = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try await flight.run("a") {
                        runs.enter()
                        await gate.wait()
                        return 1
                    }.isOwn
                }
            }
            while flight.waiting("a") < 9 { await Task.yield() }
            gate.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(runs.seen.most == 1)
        #expect(results.filter { $0 }.count == 1)
    }

    @Test func `one that waits takes over from one that is cancelled`() async throws {
        let flight = SingleFlight<String, Int>()
        let gate = Gate()
        let leader = Task {
            try await flight.run("a") {
                await gate.wait()
                try Task.checkCancellation()
                return 1
            }.value
        }
        while !flight.isRunning("a") { await Task.yield() }
        let follower = Task { try await flight.run("a") { 2 }.value }
        while flight.waiting("a") < 1 { await Task.yield() }
        leader.cancel()
        gate.open()
        #expect(try await follower.value == 2)
        await #expect(throws: CancellationError.self) { try await leader.value }
    }

    @Test func `one that waits can be cancelled alone`() async throws {
        let flight = SingleFlight<String, Int>()
        let gate = Gate()
        let leader = Task {
            try await flight.run("a") {
                await gate.wait()
                return 1
            }.value
        }
        while !flight.isRunning("a") { await Task.yield() }
        let follower = Task { try await flight.run("a") { 2 }.value }
        while flight.waiting("a") < 1 { await Task.yield() }
        follower.cancel()
        await #expect(throws: CancellationError.self) { try await follower.value }
        gate.open()
        #expect(try await leader.value == 1)
    }
}

/// Lets tasks wait until a test says go.
final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// How many are inside, and how many were at most.
private final class Count: Sendable {
    private let state = Mutex((now: 0, most: 0))

    var seen: (now: Int, most: Int) { state.withLock { $0 } }
    func enter() { state.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
    func leave() { state.withLock { $0.now -= 1 } }
}
