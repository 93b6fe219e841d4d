import Logging
import Synchronization
import Testing

@testable import HTTP

@Suite struct RetryBudgetTests {
    private struct Passing: RetriableError, Equatable {
        var attempts = 1
        var isTemporary: Bool { true }
        var retryAfter: Duration? { nil }
        func afterAttempts(_ count: Int) -> Passing { Passing(attempts: count) }
    }

    private struct StandingClock: NetworkClock {
        var secondsSince1970: Double { 0 }
        func sleep(for duration: Duration) async throws {}
    }

    private let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func attempts(_ policy: RetryPolicy, succeedingAt success: Int = .max) async throws -> Int {
        let count = Mutex(0)
        do {
            try await policy.retrying(Passing.self, clock: StandingClock(), log: log) {
                let now = count.withLock { count in
                    count += 1
                    return count
                }
                if now < success { throw Passing() }
            }
        } catch is Passing {}
        return count.withLock { $0 }
    }

    @Test func `when nothing works any more, a run does not wait for all attempts of all requests`() async throws {
        let policy = RetryPolicy(attempts: 5, budget: RetryBudget(6))
        var counts: [Int] = []
        for _ in 0..<4 { counts.append(try await attempts(policy)) }
        #expect(counts == [5, 3, 1, 1])
    }

    @Test func `what succeeds gives a part back`() async throws {
        let policy = RetryPolicy(attempts: 5, budget: RetryBudget(2))
        #expect(try await attempts(policy) == 3)
        #expect(try await attempts(policy) == 1)
        for _ in 0..<2 { #expect(try await attempts(policy, succeedingAt: 1) == 1) }
        #expect(try await attempts(policy) == 2)
    }
}
