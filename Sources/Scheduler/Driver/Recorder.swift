internal import Jobs
internal import OCI
internal import Synchronization

/// Writes each fact into the ledger, then shows it.
final class Recorder: Sendable {
    private struct State {
        var outcomes: [Int: ImageOutcome] = [:]
        var failure: (any Error)?
    }

    private let environment: RunEnvironment
    /// Called once, when the ledger takes no more.
    private let giveUp: @Sendable () -> Void
    private let state = Mutex(State())

    init(environment: RunEnvironment, giveUp: @escaping @Sendable () -> Void) {
        self.environment = environment
        self.giveUp = giveUp
    }

    /// The outcomes in the order of the plan; throws what the ledger has thrown.
    func outcomes() throws -> [ImageOutcome] {
        let (outcomes, failure) = state.withLock { ($0.outcomes, $0.failure) }
        if let failure { throw failure }
        return outcomes.sorted { $0.key < $1.key }.map(\.value)
    }

    func post(_ event: RunEvent, build: String? = nil) async {
        await record(.event(event, build: build))
        await environment.events.show(event)
    }

    func ended(_ image: Int, _ outcome: ImageOutcome) async {
        state.withLock { $0.outcomes[image] = outcome }
        await post(.imageEnded(outcome), build: outcome.build)
    }

    /// After its first failure the ledger is left alone: the run is being ended.
    func record(_ fact: RunFact) async {
        guard state.withLock({ $0.failure == nil }) else { return }
        do {
            try await environment.ledger.record(fact)
        } catch {
            let isFirst = state.withLock { state in
                defer { if state.failure == nil { state.failure = error } }
                return state.failure == nil
            }
            if isFirst { giveUp() }
        }
    }
}
