internal import Glibc

/// A thread for work that nobody waits for; it ends with the process.
enum BackgroundWork {
    static func start(_ work: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(work))
        let result = pthread_create(
            &thread, nil,
            { argument in
                // Safe because the box was retained for this thread alone.
                Unmanaged<Box>.fromOpaque(argument.unsafelyUnwrapped).takeRetainedValue().work()
                return nil
            }, box.toOpaque())
        if result == 0 { pthread_detach(thread) } else { box.release() }
    }

    private final class Box: Sendable {
        let work: @Sendable () -> Void

        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
}
