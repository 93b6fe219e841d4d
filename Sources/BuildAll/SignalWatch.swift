internal import Dispatch
internal import Glibc
internal import Synchronization

/// Tells of Ctrl-C, SIGTERM and a closed terminal, on a queue of its own, for as long as it lives.
final class SignalWatch: Sendable {
    private let first = Mutex<Int32?>(nil)
    // Safe because sources are set up in `init` and only cancelled afterwards, which any thread may do.
    private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []

    init(_ interrupt: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "build-all.signals")
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // Not to be ignored: the source has a handler of its own, and the one that a watch before left would go.
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [weak self] in
                self?.first.withLock { if $0 == nil { $0 = number } }
                interrupt()
            }
            source.activate()
            sources.append(source)
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// The first signal that came.
    var received: Int32? { first.withLock { $0 } }
}
