internal import Synchronization

/// Lets a number of tasks through at once; the others wait in line.
final class Gate: Sendable {
    private struct State {
        var free: Int
        var line: [Reply<Void>] = []
    }

    private let state: Mutex<State>

    init(width: Int) { state = Mutex(State(free: width)) }

    /// Runs the body once there is room. Throws what it throws, and `CancellationError` when the task is cancelled while
    /// it waits.
    func pass<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        if let place = enter(), await place.wait() == nil { throw CancellationError() }
        defer { leave() }
        return try await body()
    }

    /// Nil when there is room at once.
    private func enter() -> Reply<Void>? {
        state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return nil
            }
            let place = Reply<Void>()
            state.line.append(place)
            return place
        }
    }

    /// Hands the room to the first in line who still waits.
    private func leave() {
        while true {
            let next: Reply<Void>? = state.withLock { state in
                guard state.line.isEmpty else { return state.line.removeFirst() }
                state.free += 1
                return nil
            }
            guard let next, !next.give(()) else { return }
        }
    }
}

/// A gate for one task at a time, for each key its own.
final class KeyedGate<Key: Hashable & Sendable>: Sendable {
    private let gates = Mutex<[Key: Gate]>([:])

    func pass<Value: Sendable>(_ key: Key, _ body: () async throws -> Value) async throws -> Value {
        let gate = gates.withLock { gates in
            let gate = gates[key] ?? Gate(width: 1)
            gates[key] = gate
            return gate
        }
        return try await gate.pass(body)
    }
}
