internal import CCurl

/// Sends requests, many at once, over kept-alive connections.
///
/// One thread runs libcurl's multi interface for all of them; no thread of the cooperative pool ever waits for a
/// socket. The thread ends when the transport is released.
final class Transport: Sendable {
    private let loop: TransportLoop

    init() {
        loop = TransportLoop()
        loop.start()
    }

    deinit { loop.stop() }

    /// Sends one request and waits for the whole answer. Redirects are answers like others.
    ///
    /// Throws `TransportError`, and `CancellationError` as soon as the task is cancelled: the connection is closed.
    func perform(_ request: HTTPRequest, settings: TransferSettings) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let id = loop.nextID()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let transfer = Transfer(request, settings: settings, continuation: continuation) { [loop] in
                    loop.post(.resume(id))
                }
                loop.post(.start(id, transfer))
            }
        } onCancel: {
            loop.post(.cancel(id))
        }
    }
}
