import Synchronization
import Testing

@testable import HTTP

@Suite struct SlotsTests {
    @Test func `slots bound how many run at once`() async throws {
        let slots = Slots(3)
        let running = Count()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await slots.withSlot {
                        running.enter()
                        for _ in 0..<5 { await Task.yield() }
                        running.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(running.seen.most <= 3)
        #expect(running.seen.now == 0)
    }
}

/// How many are inside, and how many were at most.
private final class Count: Sendable {
    private let state = Mutex((now: 0, most: 0))

    var seen: (now: Int, most: Int) { state.withLock { $0 } }
    func enter() { state.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
    func leave() { state.withLock { $0.now -= 1 } }
}
