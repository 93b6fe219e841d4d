internal import Glibc
public import SystemPackage

/// A thread of its own for work that blocks or computes long; the concurrency pool is not for that.
///
/// Whoever starts one joins it.
public struct WorkerThread {
    private let handle: pthread_t

    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Of address space, not of memory: who recurses into folders goes as deep as images have them.
    private static let stackSize = 256 << 20

    /// Throws when the system has no thread left (EAGAIN).
    public init(_ body: @escaping @Sendable () -> Void) throws(Errno) {
        let work = Unmanaged.passRetained(Work(body))
        var handle = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, Self.stackSize)
        let code = pthread_create(
            &handle, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard code == 0 else {
            work.release()
            throw Errno(rawValue: code)
        }
        self.handle = handle
    }

    /// Waits until its work is done.
    public func join() { pthread_join(handle, nil) }

    /// Processors of this machine.
    public static let processorCount = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}
