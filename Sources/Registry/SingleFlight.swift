internal import Synchronization

/// Lets one task do what several want done at the same time; the others wait for its result.
///
/// If the one that works is cancelled, one of those that wait takes over.
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private enum Turn {
        case lead
        case follow(Result<Value, any Error>)
    }

    private struct Follower: Sendable {
        let id: UInt64
        let continuation: CheckedContinuation<Turn, Never>
    }

    private struct State: Sendable {
        var lastID: UInt64 = 0
        var followers: [Key: [Follower]] = [:]
    }

    private let state = Mutex(State())

    /// Runs `body`, or waits for the one that runs under the same key. `isOwn` says which of the two it was.
    func run(_ key: Key, _ body: () async throws -> Value) async throws -> (value: Value, isOwn: Bool) {
        while true {
            try Task.checkCancellation()
            switch await turn(key) {
            case .lead:
                let result: Result<Value, any Error>
                do { result = .success(try await body()) } catch { result = .failure(error) }
                let followers = state.withLock { $0.followers.removeValue(forKey: key) ?? [] }
                for follower in followers { follower.continuation.resume(returning: .follow(result)) }
                return (try result.get(), true)
            case .follow(.failure(let error)) where error is CancellationError: continue
            case .follow(let result): return (try result.get(), false)
            }
        }
    }

    /// Whether someone runs under the key, and how many wait for it.
    func isRunning(_ key: Key) -> Bool { state.withLock { $0.followers[key] != nil } }
    func waiting(_ key: Key) -> Int { state.withLock { $0.followers[key]?.count ?? 0 } }

    private func turn(_ key: Key) async -> Turn {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let leads = state.withLock { state in
                    guard state.followers[key] != nil else {
                        state.followers[key] = []
                        return true
                    }
                    state.followers[key]?.append(Follower(id: id, continuation: continuation))
                    return false
                }
                if leads { continuation.resume(returning: .lead) }
                // The handler may have run before there was something to remove.
                if Task.isCancelled { abandon(key, id) }
            }
        } onCancel: {
            abandon(key, id)
        }
    }

    private func abandon(_ key: Key, _ id: UInt64) {
        let follower = state.withLock { state -> Follower? in
            guard let index = state.followers[key]?.firstIndex(where: { $0.id == id }) else { return nil }
            return state.followers[key]?.remove(at: index)
        }
        follower?.continuation.resume(returning: .follow(.failure(CancellationError())))
    }
}
