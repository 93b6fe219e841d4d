internal import Synchronization

/// Reaches the executor of one attempt, also while it is still being started.
final class AttemptControl: Sendable {
    private enum Wish {
        case none, terminate, kill
    }

    private struct State {
        var executor: (any RunningExecutor)?
        var wish = Wish.none
        var isGone = false
    }

    private let state = Mutex(State())

    /// The executor runs; a wish that came earlier is fulfilled now.
    func attach(_ executor: any RunningExecutor) {
        state.withLock { state in
            state.executor = executor
            state.isGone = false
            Self.fulfil(state)
        }
    }

    /// The executor is reaped: signals would reach a stranger.
    func detach() { state.withLock { $0.isGone = true } }

    func terminate() { wish(.terminate) }
    func kill() { wish(.kill) }

    /// Whether the executor need not be started any more.
    var isUnwanted: Bool { state.withLock { $0.wish != .none } }

    private func wish(_ wish: Wish) {
        state.withLock { state in
            state.wish = wish
            Self.fulfil(state)
        }
    }

    private static func fulfil(_ state: State) {
        guard let executor = state.executor, !state.isGone else { return }
        switch state.wish {
        case .none: break
        case .terminate: executor.terminate()
        case .kill: executor.kill()
        }
    }
}
