internal import Jobs
internal import Threads

/// What became of the stages so far.
final class StageResults: Sendable {
    private struct State {
        var states: [Int: StageState] = [:]
        /// Stages that end at a step that would run, with its number.
        var open: [Int: Int] = [:]
        var failure: (any Error)?
        /// The only stage whose end still counts.
        var remaining: Int?

        var isOver: Bool { failure != nil || remaining != nil }
    }

    private let state = Monitor(State())

    func finish(_ stage: Int, with result: StageState) {
        state.change { $0.states[stage] = result }
    }

    /// The stage's result is only known once a step has run, and none is to run.
    func leaveOpen(_ stage: Int, at step: Int) {
        state.change { $0.open[stage] = step }
    }

    /// Keeps the first failure; false if there was one before. Without a stage it is one of all.
    @discardableResult
    func fail(_ error: any Error, of stage: Int? = nil) -> Bool {
        state.change { state in
            guard state.failure == nil, state.remaining == nil || state.remaining == stage else { return false }
            state.failure = error
            return true
        }
    }

    /// Ends all stages but one, without a failure.
    func leaveOnly(_ stage: Int) {
        state.change { $0.remaining = $0.remaining ?? stage }
    }

    /// Whether nothing new is to be begun.
    var isOver: Bool { state.change { $0.isOver } }

    /// Waits until the stage is built. Throws `cancelled` when it, or any other, will not be.
    func state(of stage: Int) throws -> StageState {
        let result: Result<StageState, any Error> = state.wait { state in
            if let result = state.states[stage] { return .success(result) }
            if let step = state.open[stage] { return .failure(ExecutionError.wouldRun(step: step)) }
            return !state.isOver ? nil : .failure(ExecutionError.cancelled)
        }
        return try result.get()
    }

    /// Of a stage when all have ended. Throws the failure that came first.
    func result(of stage: Int) throws -> StageState {
        let (result, failure, open) = state.change { ($0.states[stage], $0.failure, $0.open.values.min()) }
        if let failure { throw failure }
        if let open { throw JobFailure.wouldRun(step: open) }
        guard let result else { throw ExecutionError.protocolViolation("the target was not built") }
        return result
    }
}
