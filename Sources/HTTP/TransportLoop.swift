internal import CCurl
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#endif

/// The transport's thread: libcurl's multi handle, the transfers on it, and the commands from other threads.
///
/// Safe to send between threads because `multi` and `transfers` are touched by its thread only; what others need is in
/// `shared`, under a lock. `curl_multi_wakeup` may be called from any thread while the handle lives, which the lock sees to.
final class TransportLoop: @unchecked Sendable {
    enum Command: Sendable {
        case start(UInt64, Transfer)
        case resume(UInt64)
        case cancel(UInt64)
        case stop
    }

    private struct Shared: Sendable {
        var commands: [Command] = []
        var lastID: UInt64 = 0
        var isRunning = true
    }

    private let shared = Mutex(Shared())
    private let multi: UnsafeMutableRawPointer
    private var transfers: [UInt64: Transfer] = [:]
    private var isStopping = false
    /// Cancelled before their start arrived.
    private var cancelledEarly: Set<UInt64> = []

    /// `curl_global_init` must come before everything else, once.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init() {
        guard Self.isReady, let multi = curl_multi_init() else { preconditionFailure("libcurl cannot start") }
        self.multi = multi
        ccurl_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, 64)
    }

    /// Starts the thread. It keeps this object alive until `stop`.
    func start() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<TransportLoop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        precondition(code == 0, "no thread can be started for the network")
        pthread_detach(thread)
    }

    func stop() { post(.stop) }

    func nextID() -> UInt64 {
        shared.withLock { shared in
            shared.lastID += 1
            return shared.lastID
        }
    }

    /// Hands a command to the thread and wakes it. Does nothing once the thread has ended.
    func post(_ command: Command) {
        shared.withLock { shared in
            guard shared.isRunning else { return }
            shared.commands.append(command)
            curl_multi_wakeup(multi)
        }
    }

    private func run() {
        blockSignals()
        while !isStopping {
            handleCommands()
            var running: CInt = 0
            curl_multi_perform(multi, &running)
            finishTransfers()
            guard !isStopping else { break }
            // libcurl's own timers shorten the wait.
            curl_multi_poll(multi, nil, 0, 60_000, nil)
        }
        close()
    }

    /// A write of the TLS library to a closed connection must not end the process by SIGPIPE, and signals to the process
    /// are for other threads.
    private func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
    }

    private func close() {
        for id in transfers.keys { end(id, .failure(CancellationError())) }
        shared.withLock { $0.isRunning = false }
        curl_multi_cleanup(multi)
    }

    private func handleCommands() {
        let commands = shared.withLock { shared in
            defer { shared.commands = [] }
            return shared.commands
        }
        for command in commands {
            switch command {
            case .start(let id, let transfer): begin(id, transfer)
            case .resume(let id):
                if let easy = transfers[id]?.easy { curl_easy_pause(easy, CURLPAUSE_CONT) }
            case .cancel(let id): cancel(id)
            case .stop: isStopping = true
            }
        }
    }

    private func cancel(_ id: UInt64) {
        if transfers[id] != nil {
            end(id, .failure(CancellationError()))
        } else {
            cancelledEarly.insert(id)
        }
    }

    private func begin(_ id: UInt64, _ transfer: Transfer) {
        guard cancelledEarly.remove(id) == nil else {
            return transfer.continuation.resume(throwing: CancellationError())
        }
        guard let easy = transfer.prepare() else {
            return transfer.continuation.resume(
                throwing: TransportError.failed(code: Int32(CURLE_OUT_OF_MEMORY.rawValue), reason: "out of memory"))
        }
        transfers[id] = transfer
        curl_multi_add_handle(multi, easy)
    }

    private func finishTransfers() {
        var waiting: CInt = 0
        while let message = curl_multi_info_read(multi, &waiting) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            guard let (id, transfer) = transfers.first(where: { $0.value.easy == easy }) else { continue }
            end(id, transfer.outcome(of: code))
        }
    }

    private func end(_ id: UInt64, _ result: Result<HTTPResponse, any Error>) {
        guard let transfer = transfers.removeValue(forKey: id) else { return }
        if let easy = transfer.easy { curl_multi_remove_handle(multi, easy) }
        transfer.continuation.resume(with: result)
    }
}
