internal import CSandbox
internal import Glibc
internal import Synchronization

/// One end of the socket between the scheduler and an executor: whole messages, in order, either way.
///
/// Messages longer than a packet (128 KiB) travel as several; the first byte of a packet says whether more follow.
/// Any thread may send or receive; both block.
public final class MessageSocket: Sendable {
    /// Longest message, in bytes: what is larger belongs into the store.
    public static let limit = 64 << 20

    /// The descriptor, for poll; it belongs to this object.
    public let fd: CInt

    private let sending = Mutex(())
    /// The packets so far of a message that is not complete.
    private let receiving = Mutex<[UInt8]>([])

    /// Takes over a SEQPACKET socket.
    init(owning fd: CInt) {
        self.fd = fd
    }

    deinit {
        close(fd)
    }

    /// Sends a message; blocks while the peer does not read.
    ///
    /// Throws `messageTooLong`, `connectionClosed`, or the failed call. Nothing is sent of a message that is too long.
    public func send(_ message: [UInt8]) throws(SandboxError) {
        guard message.count <= Self.limit else {
            throw .messageTooLong(bytes: message.count, limit: Self.limit)
        }
        let room = Int(CSB_MESSAGE_LIMIT) - 1
        try sending.withLock { _ throws(SandboxError) in
            var start = 0
            repeat {
                let end = min(start + room, message.count)
                try sendPacket([end < message.count ? 1 : 0] + message[start..<end])
                start = end
            } while start < message.count
        }
    }

    /// The next message, or nil when the peer has closed its end. Blocks.
    ///
    /// Throws `malformedMessage` and `messageTooLong` for what no `MessageSocket` sends.
    public func receive() throws(SandboxError) -> [UInt8]? {
        switch try receive(flags: 0) {
        case .message(let message): return message
        case .end: return nil
        case .nothingYet: preconditionFailure("a receive that blocks has something")
        }
    }

    /// What a look at the socket finds.
    public enum Arrival: Equatable, Sendable {
        case message([UInt8])
        /// No whole message: poll `fd` and look again.
        case nothingYet
        /// The peer has closed its end.
        case end
    }

    /// The next message if it has arrived; as `receive`, but never blocks.
    public func receiveArrived() throws(SandboxError) -> Arrival { try receive(flags: CInt(MSG_DONTWAIT)) }

    private func receive(flags: CInt) throws(SandboxError) -> Arrival {
        try receiving.withLock { message throws(SandboxError) in
            while true {
                switch try receivePacket(flags: flags) {
                case .nothingYet: return .nothingYet
                case .end:
                    guard message.isEmpty else { throw .malformedMessage }
                    return .end
                case .message(let packet):
                    message += packet.dropFirst()
                    guard message.count <= Self.limit else {
                        throw .messageTooLong(bytes: message.count, limit: Self.limit)
                    }
                    guard packet.first == 0 else { continue }
                    defer { message = [] }
                    return .message(message)
                }
            }
        }
    }

    private func sendPacket(_ packet: [UInt8]) throws(SandboxError) {
        while true {
            let sent = Glibc.send(fd, packet, packet.count, CInt(MSG_NOSIGNAL))
            if sent == packet.count { return }
            if errno == EINTR { continue }
            if errno == EPIPE || errno == ECONNRESET { throw .connectionClosed }
            throw .systemCall("send", path: "", errno: errno)
        }
    }

    private func receivePacket(flags: CInt) throws(SandboxError) -> Arrival {
        var packet = [UInt8](repeating: 0, count: Int(CSB_MESSAGE_LIMIT))
        while true {
            let count = recv(fd, &packet, packet.count, flags)
            if count > 0 { return .message(Array(packet[..<count])) }
            if count == 0 || errno == ECONNRESET { return .end }
            if errno == EAGAIN { return .nothingYet }
            if errno != EINTR { throw .systemCall("recv", path: "", errno: errno) }
        }
    }
}
