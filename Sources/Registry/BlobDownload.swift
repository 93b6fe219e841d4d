internal import Dispatch
internal import OCI
internal import Synchronization

/// A blob on its way into a sink, over as many answers as it takes.
///
/// The transport's thread hands over pieces; a queue of its own hashes and writes them. When the sink is slower than the
/// network the transfer pauses, so that only a few MiB are ever held. After a dropped connection the next request asks
/// for the rest only.
///
/// Safe to send between threads because what both touch is under the lock, and hasher and sink belong to the queue.
final class BlobDownload: BodyReceiver, @unchecked Sendable {
    private static let mostPending = 4 << 20
    private static let fewPending = 1 << 20

    private struct Flow {
        /// Bytes taken from the network, of this blob; those before are never taken again.
        var received: Int64 = 0
        /// Bytes of this answer to pass over: it began at the start though the rest was asked for.
        var toSkip: Int64 = 0
        var pending = 0
        var isPaused = false
        var failure: (any Error)?
        var resume: @Sendable () -> Void = {}
    }

    private let descriptor: Descriptor
    private let operation: String
    private let sink: any BlobSink
    private let flow = Mutex(Flow())
    private let queue = DispatchQueue(label: "registry.download")
    private var hasher = SHA256()

    init(_ descriptor: Descriptor, operation: String, into sink: any BlobSink) {
        self.descriptor = descriptor
        self.operation = operation
        self.sink = sink
    }

    /// Where the next request has to begin.
    var received: Int64 { flow.withLock { $0.received } }

    func begin(status: Int, resume: @escaping @Sendable () -> Void) {
        flow.withLock { flow in
            flow.resume = resume
            flow.isPaused = false
            flow.toSkip = status == 206 ? 0 : flow.received
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> BodyVerdict {
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
        guard flow.received + Int64(rest.count) <= descriptor.size else {
            flow.failure = RegistryError.sizeMismatch(
                operation: operation, expected: descriptor.size, actual: flow.received + Int64(rest.count))
            return (.abort, nil)
        }
        flow.toSkip -= Int64(skipped)
        flow.received += Int64(rest.count)
        flow.pending += rest.count
        return (.taken, rest.isEmpty ? nil : Array(rest))
    }

    private func process(_ bytes: [UInt8]) {
        do {
            if flow.withLock({ $0.failure == nil }) {
                hasher.update(bytes)
                try bytes.withUnsafeBytes { try sink.write($0) }
            }
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
    func drain() async throws { try await onQueue {} }

    /// Verifies size and digest and commits the sink. Throws `truncated`, `digestMismatch`, or what the sink throws.
    func finish() async throws {
        try await onQueue { [self] in
            let received = self.received
            guard received == descriptor.size else {
                throw RegistryError.truncated(operation: operation, expected: descriptor.size, actual: received)
            }
            let actual = hasher.finalize()
            guard actual == descriptor.digest else {
                throw RegistryError.digestMismatch(
                    operation: operation, expected: descriptor.digest, actual: actual)
            }
            try sink.commit()
        }
    }

    /// Forgets all bytes, for another attempt from the first.
    func restart() async throws {
        try await onQueue { [self] in
            hasher = SHA256()
            flow.withLock { $0.received = 0 }
            try sink.restart()
        }
    }

    /// Discards the sink, after everything that still goes into it.
    func discard() async {
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
