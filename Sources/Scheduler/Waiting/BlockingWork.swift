internal import Dispatch
internal import Synchronization

/// Runs calls that block (file writing, hashing) on threads of their own: the pool of tasks has one a processor.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "build-all.blocking", attributes: .concurrent)

    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }

    /// For what takes long: the flag is raised when the task is cancelled, and the body is to check it often.
    static func run<Value: Sendable>(
        checking body: @escaping @Sendable (CancellationFlag) throws -> Value
    ) async throws -> Value {
        let flag = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await run { try body(flag) }
        } onCancel: {
            flag.raise()
        }
    }
}

/// Tells a thread that blocks that its task was cancelled.
final class CancellationFlag: Sendable {
    private let flag = Atomic(false)

    var isRaised: Bool { flag.load(ordering: .relaxed) }
    func raise() { flag.store(true, ordering: .relaxed) }

    func check() throws(CancellationError) {
        if isRaised { throw CancellationError() }
    }
}
