internal import Synchronization

/// Work that is done once for all who ask, such as a download: the first does it, the others wait for its result.
///
/// A result is kept; a failure reaches all who wait, and whoever asks later tries anew. When the one who does the work is
/// cancelled, the next in line takes over.
final class SharedWork<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private enum Entry {
        case inWork([Reply<Answer>])
        case done(Value)
    }

    private enum Answer: Sendable {
        case result(Result<Value, any Error>)
        /// Nobody does the work any more: ask again.
        case abandoned
    }

    private enum Turn {
        case done(Value)
        case wait(Reply<Answer>)
        case work
    }

    private let entries = Mutex<[Key: Entry]>([:])

    /// The value for the key; `work` runs only if nobody else has it or is at it. Throws what `work` throws, and
    /// `CancellationError` when this task is cancelled while it waits.
    func value(for key: Key, _ work: @Sendable () async throws -> Value) async throws -> Value {
        while true {
            switch turn(for: key) {
            case .done(let value): return value
            case .work: return try await perform(key, work)
            case .wait(let reply):
                guard let answer = await reply.wait() else { throw CancellationError() }
                if case .result(let result) = answer { return try result.get() }
            }
        }
    }

    private func turn(for key: Key) -> Turn {
        entries.withLock { entries in
            switch entries[key] {
            case .done(let value): return .done(value)
            case .inWork(let waiting):
                let reply = Reply<Answer>()
                entries[key] = .inWork(waiting + [reply])
                return .wait(reply)
            case nil:
                entries[key] = .inWork([])
                return .work
            }
        }
    }

    private func perform(_ key: Key, _ work: @Sendable () async throws -> Value) async throws -> Value {
        do {
            let value = try await work()
            finish(key, entry: .done(value), answer: .result(.success(value)))
            return value
        } catch {
            finish(key, entry: nil, answer: Task.isCancelled ? .abandoned : .result(.failure(error)))
            throw error
        }
    }

    private func finish(_ key: Key, entry: Entry?, answer: Answer) {
        let waiting: [Reply<Answer>] = entries.withLock { entries in
            defer { entries[key] = entry }
            if case .inWork(let waiting) = entries[key] { return waiting }
            return []
        }
        for reply in waiting { reply.give(answer) }
    }
}
