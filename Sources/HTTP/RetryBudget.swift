internal import Synchronization

/// How many retries a run has left, over all that it does: when nothing works any more, hundreds of requests must not each
/// wait for all their attempts.
///
/// A retry takes one from it; what succeeds gives a part back, so that a long run over a bad network never runs dry.
public final class RetryBudget: Sendable {
    private static let earned = 0.5
    private let capacity: Double
    private let left: Mutex<Double>

    public init(_ capacity: Int = 100) {
        self.capacity = Double(capacity)
        left = Mutex(Double(capacity))
    }

    /// False when there is none left.
    func spend() -> Bool {
        left.withLock { left in
            guard left >= 1 else { return false }
            left -= 1
            return true
        }
    }

    func earn() { left.withLock { $0 = min(capacity, $0 + Self.earned) } }
}
