import Scheduler
import Synchronization

/// A clock that stands until it is told; sleepers wake when their time is reached.
final class ManualClock: RunClock {
    private struct State {
        var now = Duration.zero
        var issued = 0
        var sleepers: [Int: (deadline: Duration, wake: CheckedContinuation<Void, any Error>)] = [:]
        var watchers: [(deadline: Duration, wake: CheckedContinuation<Void, Never>)] = []
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    var now: Duration { state.withLock { $0.now } }
    var secondsSince1970: Double { 1_700_000_000 + now / .seconds(1) }

    func sleep(until deadline: Duration) async throws {
        let number = state.withLock { state in
            state.issued += 1
            return state.issued
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (wake: CheckedContinuation<Void, any Error>) in
                let watchers: [CheckedContinuation<Void, Never>] = state.withLock { state in
                    if state.cancelled.contains(number) {
                        wake.resume(throwing: CancellationError())
                        return []
                    }
                    if deadline <= state.now {
                        wake.resume()
                        return []
                    }
                    state.sleepers[number] = (deadline, wake)
                    defer { state.watchers.removeAll { $0.deadline == deadline } }
                    return state.watchers.filter { $0.deadline == deadline }.map(\.wake)
                }
                for watcher in watchers { watcher.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.cancelled.insert(number)
                return state.sleepers.removeValue(forKey: number)
            }
            sleeper?.wake.resume(throwing: CancellationError())
        }
    }

    /// Returns once somebody sleeps until the deadline, counted from the start.
    func sleeper(until deadline: Duration) async {
        await withCheckedContinuation { (watcher: CheckedContinuation<Void, Never>) in
            let isThere = state.withLock { state in
                if state.sleepers.values.contains(where: { $0.deadline == deadline }) { return true }
                state.watchers.append((deadline, watcher))
                return false
            }
            if isThere { watcher.resume() }
        }
    }

    func advance(to moment: Duration) {
        let due = state.withLock { state in
            state.now = moment
            let due = state.sleepers.filter { $0.value.deadline <= moment }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.map(\.wake)
        }
        for wake in due { wake.resume() }
    }
}
