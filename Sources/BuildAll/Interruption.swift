internal import Synchronization

/// What Ctrl-C and its like end, one thing after the other. A signal that comes in between is not lost.
final class Interruption: Sendable {
    private let inbox = Inbox()
    private let watch: SignalWatch

    init() { watch = SignalWatch { [inbox] in inbox.deliver() } }

    /// The first signal that came.
    var received: Int32? { watch.received }

    /// From now on signals call this, and those that nobody took at once.
    func set(_ handler: @escaping @Sendable () -> Void) { inbox.set(handler) }

    /// Does work that a signal cancels; then it throws the exit code.
    func cancelling<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        // Unstructured: signals come from outside of all tasks. It ends before this function does.
        let task = Task { try await work() }
        inbox.set { task.cancel() }
        defer { inbox.set(nil) }
        do {
            return try await task.value
        } catch let error as CancellationError {
            guard let signal = watch.received else { throw error }
            throw ExitStatus(signal: signal)
        }
    }

    private final class Inbox: Sendable {
        private struct State {
            var handler: (@Sendable () -> Void)?
            var untaken = 0
        }

        private let state = Mutex(State())

        func deliver() {
            let handler = state.withLock { state in
                if state.handler == nil { state.untaken += 1 }
                return state.handler
            }
            handler?()
        }

        func set(_ handler: (@Sendable () -> Void)?) {
            let untaken = state.withLock { state in
                state.handler = handler
                defer { if handler != nil { state.untaken = 0 } }
                return state.untaken
            }
            guard let handler else { return }
            for _ in 0..<untaken { handler() }
        }
    }
}
