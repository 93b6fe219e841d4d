internal import Sandbox
internal import Threads

/// The programs that run now, to be stopped together.
final class RunningSteps: Sendable {
    private struct State {
        var steps: [ObjectIdentifier: RunningStep] = [:]
        var isStopped = false
    }

    private let state = Monitor(State())

    /// Runs the body while the step is known here. A step that comes too late is stopped at once.
    func tracking<Result>(_ step: RunningStep, _ body: () throws -> Result) rethrows -> Result {
        let isLate = state.change { state in
            state.steps[ObjectIdentifier(step)] = step
            return state.isStopped
        }
        defer { state.change { _ = $0.steps.removeValue(forKey: ObjectIdentifier(step)) } }
        if isLate { step.terminate() }
        return try body()
    }

    /// Ends them all: SIGTERM, a second later SIGKILL.
    func terminate() {
        let steps = state.change { state in
            state.isStopped = true
            return Array(state.steps.values)
        }
        for step in steps { step.terminate() }
    }
}
