internal import Synchronization

/// Tells the first time that something is seen.
final class Once<Value: Hashable & Sendable>: Sendable {
    private let seen = Mutex<Set<Value>>([])

    func isFirst(_ value: Value) -> Bool { seen.withLock { $0.insert(value).inserted } }
}
