internal import Threads

/// What became of the stages so far.
final class StageResults: Sendable {
    private struct State {
        var states: [Int: StageState] = [:]
        var failure: (any Error)?
    }

    private let state = Monitor(State())

    func finish(_ stage: Int, with result: StageState) {
        state.change { $0.states[stage] = result }
    }

    /// Keeps the first failure; false if there was one before.
    @discardableResult
    func fail(_ error: any Error) -> Bool {
        state.change { state in
            guard state.failure == nil else { return false }
            state.failure = error
            return true
        }
    }

    var hasFailed: Bool { state.change { $0.failure != nil } }

    /// Waits until the stage is built. Throws `cancelled` when it, or any other, will not be.
    func state(of stage: Int) throws -> StageState {
        let result: Result<StageState, any Error> = state.wait { state in
            if let result = state.states[stage] { return .success(result) }
            return state.failure == nil ? nil : .failure(ExecutionError.cancelled)
        }
        return try result.get()
    }

    /// Of a stage when all have ended. Throws the failure that came first.
    func result(of stage: Int) throws -> StageState {
        let (result, failure) = state.change { ($0.states[stage], $0.failure) }
        if let failure { throw failure }
        guard let result else { throw ExecutionError.protocolViolation("the target was not built") }
        return result
    }
}
