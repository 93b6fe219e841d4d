internal import Dispatch
internal import Synchronization

/// A body on its way into a sink, over as many answers as it takes.
///
/// The transport's thread hands over pieces; a queue of its own writes them. When the sink is slower than the
/// network the transfer pauses, so that only a few MiB are ever held. After a dropped connection the next request asks
/// for the rest only.
///
/// Safe to send between threads because what both touch is under the lock, and the sink belongs to the queue.
public final class BodyDownload: BodyReceiver, @unchecked Sendable {
    private static let mostPending = 4 << 20
    private static let fewPending = 1 << 20

    private struct Flow {
        /// Bytes taken from the network, of this body; those before are never taken again.
        var received: Int64 = 0
        /// Bytes of this answer to pass over: it began at the start though the rest was asked for.
        var toSkip: Int64 = 0
        var pending = 0
        var isPaused = false
        var failure: (any Error)?
        var resume: @Sendable () -> Void = {}
        var headers: HTTPHeaders?
    }

    private let limit: Int64
    private let overflow: @Sendable (Int64) -> any Error
    private let sink: any BodySink
    private let flow = Mutex(Flow())
    private let queue = DispatchQueue(label: "http.download")

    /// A body of more than `limit` bytes ends with the error that `overflow` makes of the count so far.
    public init(into sink: any BodySink, limit: Int64, overflow: @escaping @Sendable (Int64) -> any Error) {
        self.sink = sink
        self.limit = limit
        self.overflow = overflow
    }

    /// Where the next request has to begin.
    public var received: Int64 { flow.withLock { $0.received } }

    /// Those of the last answer that brought something, also when it broke off.
    public var headers: HTTPHeaders? { flow.withLock { $0.headers } }

    public func begin(status: Int, headers: HTTPHeaders, resume: @escaping @Sendable () -> Void) {
        flow.withLock { flow in
            flow.headers = headers
            flow.resume = resume
            flow.isPaused = false
            flow.toSkip = status == 206 ? 0 : flow.received
        }
    }

    public func receive(_ bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        let (verdict, rest) = flow.withLock { flow in accept(bytes, &flow) }
        if let rest { queue.async { self.process(rest) } }
        return verdict
    }

    /// Decides what becomes of a piece, and copies what is new of it.
    private func accept(_ bytes: UnsafeRawBufferPointer, _ flow: inout Flow) -> (BodyVerdict, [UInt8]?) {
        guard flow.failure == nil else { return (.abort, nil) }
        guard flow.pending < Self.mostPending else {
            flow.isPaused = true
            return (.pause, nil)
        }
        let skipped = Int(min(Int64(bytes.count), flow.toSkip))
        let rest = bytes[skipped...]
        guard flow.received + Int64(rest.count) <= limit else {
            flow.failure = overflow(flow.received + Int64(rest.count))
            return (.abort, nil)
        }
        flow.toSkip -= Int64(skipped)
        flow.received += Int64(rest.count)
        flow.pending += rest.count
        return (.taken, rest.isEmpty ? nil : Array(rest))
    }

    private func process(_ bytes: [UInt8]) {
        do {
            if flow.withLock({ $0.failure == nil }) { try bytes.withUnsafeBytes { try sink.write($0) } }
        } catch {
            fail(error)
        }
        let resume = flow.withLock { flow -> (@Sendable () -> Void)? in
            flow.pending -= bytes.count
            guard flow.isPaused, flow.pending <= Self.fewPending || flow.failure != nil else { return nil }
            flow.isPaused = false
            return flow.resume
        }
        resume?()
    }

    private func fail(_ error: any Error) { flow.withLock { flow in flow.failure = flow.failure ?? error } }

    /// Waits until the sink has all pieces received so far. Throws what the sink threw.
    public func drain() async throws { try await onQueue {} }

    /// Commits the sink, after everything that still goes into it. Throws what the sink throws.
    public func finish() async throws { try await onQueue { [sink] in try sink.commit() } }

    /// Forgets all bytes, for another attempt from the first.
    public func restart() async throws {
        try await onQueue { [self] in
            flow.withLock { $0.received = 0 }
            try sink.restart()
        }
    }

    /// Discards the sink, after everything that still goes into it.
    public func discard() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.sink.discard()
                continuation.resume()
            }
        }
    }

    private func onQueue(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async { [self] in
                let failure = flow.withLock { $0.failure }
                continuation.resume(with: Result { if let failure { throw failure } else { try body() } })
            }
        }
    }
}
