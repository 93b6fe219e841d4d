internal import Synchronization

/// One value for one waiting task. If the task is cancelled first it waits no longer.
final class Reply<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value?, Never>)
        case settled(Value?)
    }

    private let state = Mutex(State.open)

    /// Returns the value once it is given; nil when the task was cancelled before. For one task, once.
    func wait(endsOnCancellation: Bool = true) async -> Value? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let settled: Value?? = state.withLock { state in
                    if case .settled(let value) = state { return .some(value) }
                    state = .awaited(continuation)
                    return nil
                }
                if let settled { continuation.resume(returning: settled) }
            }
        } onCancel: {
            if endsOnCancellation { _ = settle(nil) }
        }
    }

    /// Gives the value. False when it came too late: the task has given up.
    @discardableResult
    func give(_ value: Value) -> Bool { settle(value) }

    private func settle(_ value: Value?) -> Bool {
        let (isFirst, continuation): (Bool, CheckedContinuation<Value?, Never>?) = state.withLock { state in
            switch state {
            case .settled: return (false, nil)
            case .open:
                state = .settled(value)
                return (true, nil)
            case .awaited(let continuation):
                state = .settled(value)
                return (true, continuation)
            }
        }
        continuation?.resume(returning: value)
        return isFirst
    }
}
