internal import Glibc
internal import Jobs

extension ExitStatus {
    /// Of whoever was ended by a signal.
    init(signal: Int32) { self = signal == SIGTERM ? .terminated : .interrupted }

    /// What a run's images come to, for scripts.
    init(of outcomes: [ImageOutcome], signal: Int32?) {
        if let signal, !outcomes.allSatisfy({ $0.status.isSuccess }) {
            self.init(signal: signal)
            return
        }
        let failures = outcomes.filter { !$0.status.isSuccess && $0.status != .blocked && $0.status != .cancelled }
        let classes = Set(failures.compactMap { $0.error?.class })
        if outcomes.allSatisfy({ $0.status.isSuccess }) {
            self = .success
        } else if !classes.isEmpty, classes.isSubset(of: [.network, .registry]) {
            self = .temporary
        } else {
            self = .imageFailed
        }
    }
}
