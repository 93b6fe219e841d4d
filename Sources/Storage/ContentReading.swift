internal import Dispatch
internal import FileSystem
internal import Glibc
internal import OCI
internal import Synchronization

/// Digests files of a context, on all processors if there are many.
final class ContentReading: Sendable {
    /// Below this, threads cost more than they save.
    private static let smallNumber = 32

    private struct State {
        var digests: [Digest?]
        var failure: (any Error)?
    }

    private let files: [FileName]
    private let context: OpenFile
    private let next = Atomic<Int>(0)
    private let state: Mutex<State>

    init(files: [FileName], context: OpenFile) {
        self.files = files
        self.context = context
        state = Mutex(State(digests: [Digest?](repeating: nil, count: files.count)))
    }

    /// In the order of the files; the first failure is thrown. Blocks.
    func digests() throws -> [Digest] {
        let processors = files.count < Self.smallNumber ? 1 : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        DispatchQueue.concurrentPerform(iterations: processors) { _ in work() }
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.digests.compactMap { $0 }
        }
    }

    private func work() {
        var hasher = ContentHasher()
        while case let number = next.add(1, ordering: .relaxed).oldValue, number < files.count {
            do {
                let file = try context.openWithoutLinks(files[number], [.read, .nonBlocking])
                let digest = try hasher.digest(of: file)
                state.withLock { $0.digests[number] = digest }
            } catch {
                state.withLock { $0.failure = $0.failure ?? error }
                // Nothing is left to do for the others.
                next.store(files.count, ordering: .relaxed)
            }
        }
    }
}
