internal import Dispatch

/// Runs calls that block (file writing, hashing) on threads of their own: the pool of tasks has one a processor.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "build-all.blocking", attributes: .concurrent)

    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
