internal import FoundationEssentials
internal import Glibc
internal import Jobs

/// Messages of one executor, decoded.
struct ExecutorChannel: Sendable {
    /// The largest packet that is taken; the kernel's default limit for one is lower.
    static let packetLimit = 1 << 20

    let executor: any RunningExecutor
    let poller: DescriptorPoller

    /// The next message; nil once the executor has closed its end or is gone, and all it said was read.
    ///
    /// Throws `ChannelError` when it says something else. Not for two tasks at once.
    func next() async throws(ChannelError) -> ExecutorMessage? {
        var isGone = false
        while true {
            switch receive() {
            case .packet(let bytes): return try Self.decode(bytes)
            case .end: return nil
            case .tooLarge(let size): throw .packetTooLarge(size)
            case .nothingYet:
                if isGone { return nil }
                await poller.waitReadable([executor.socket, executor.exitDescriptor])
                isGone = Self.isReadable(executor.exitDescriptor) || Task.isCancelled
            }
        }
    }

    /// Returns once the executor is gone, also when the task is cancelled: a process is always reaped.
    func waitUntilGone() async {
        while !Self.isReadable(executor.exitDescriptor) {
            await poller.waitReadable([executor.exitDescriptor], endsOnCancellation: false)
        }
    }

    /// Sends an answer; an executor that is gone does not want it any more.
    func send(_ response: ImageResponse) async {
        guard let bytes = try? JSONEncoder().encode(response) else {
            preconditionFailure("every ImageResponse is representable in JSON")
        }
        while !Task.isCancelled {
            let sent = bytes.withUnsafeBytes {
                Glibc.send(executor.socket, $0.baseAddress, $0.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
            }
            guard sent < 0, errno == EAGAIN || errno == EINTR else { return }
            if errno == EAGAIN { await poller.waitWritable(executor.socket) }
        }
    }

    private enum Received {
        case packet([UInt8])
        case nothingYet, end
        case tooLarge(Int)
    }

    private func receive() -> Received {
        let flags = CInt(MSG_DONTWAIT) | CInt(MSG_TRUNC)
        let size = recv(executor.socket, nil, 0, flags | CInt(MSG_PEEK))
        guard size > 0 else { return size < 0 && (errno == EAGAIN || errno == EINTR) ? .nothingYet : .end }
        guard size <= Self.packetLimit else { return .tooLarge(size) }
        var received = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            received = recv(executor.socket, buffer.baseAddress, size, flags)
            count = max(0, min(received, size))
        }
        return received > 0 ? .packet(bytes) : .end
    }

    private static func decode(_ bytes: [UInt8]) throws(ChannelError) -> ExecutorMessage {
        do {
            return try JSONDecoder().decode(ExecutorMessage.self, from: Data(bytes))
        } catch {
            throw .notUnderstood(String(decoding: bytes.prefix(200), as: UTF8.self))
        }
    }

    private static func isReadable(_ descriptor: CInt) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) > 0
    }
}

/// An executor that does not keep to the protocol.
enum ChannelError: Error, Equatable {
    case packetTooLarge(Int)
    case notUnderstood(String)
}

extension ChannelError: CustomStringConvertible {
    var description: String {
        switch self {
        case .packetTooLarge(let size): "the executor sent a message of \(size) bytes"
        case .notUnderstood(let text): "the executor sent a message that is not understood: \(text)"
        }
    }
}
