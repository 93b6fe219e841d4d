internal import FileSystem
internal import Glibc

/// A thread of its own for work that blocks or computes long; the concurrency pool is not for that.
///
/// Whoever starts one joins it.
struct WorkerThread {
    private let handle: pthread_t

    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    init(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let work = Unmanaged.passRetained(Work(body))
        var handle = pthread_t()
        let code = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard code == 0 else {
            work.release()
            throw SystemError(call: "pthread_create", code: code, path: nil)
        }
        self.handle = handle
    }

    func join() { pthread_join(handle, nil) }

    /// Processors of this machine.
    static let processorCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
}
