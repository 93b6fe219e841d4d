internal import CSandbox
internal import Glibc
internal import Synchronization

/// One end of the socket between the scheduler and an executor: whole messages, in order, either way.
///
/// Messages longer than a packet (128 KiB) travel as several; the first byte of a packet says whether more follow.
/// Descriptors travel with the first. Any thread may send or receive; both block.
public final class MessageSocket: Sendable {
    /// Longest message, in bytes: what is larger belongs into the store.
    public static let limit = 64 << 20
    /// Most descriptors of a message.
    public static let descriptorLimit = Int(CSB_DESCRIPTOR_LIMIT)

    /// The descriptor, for poll; it belongs to this object.
    public let fd: CInt

    /// The packets so far of a message that is not complete.
    private struct Incoming {
        var bytes: [UInt8] = []
        var descriptors: [OwnedDescriptor] = []
    }

    private let sending = Mutex(())
    private let receiving = Mutex(Incoming())

    /// Takes over a SEQPACKET socket.
    init(owning fd: CInt) {
        self.fd = fd
    }

    deinit {
        close(fd)
    }

    /// Sends a message, and copies of `descriptors` with it; blocks while the peer does not read.
    ///
    /// Throws `messageTooLong`, `tooManyDescriptors`, `connectionClosed`, or the failed call. Nothing is sent of a
    /// message that is too long.
    public func send(_ message: [UInt8], descriptors: [CInt] = []) throws(SandboxError) {
        guard message.count <= Self.limit else {
            throw .messageTooLong(bytes: message.count, limit: Self.limit)
        }
        guard descriptors.count <= Self.descriptorLimit else {
            throw .tooManyDescriptors(count: descriptors.count, limit: Self.descriptorLimit)
        }
        let room = Int(CSB_MESSAGE_LIMIT) - 1
        try sending.withLock { _ throws(SandboxError) in
            var start = 0
            repeat {
                let end = min(start + room, message.count)
                let packet = [end < message.count ? 1 : 0] + message[start..<end]
                try sendPacket(packet, start == 0 ? descriptors : [])
                start = end
            } while start < message.count
        }
    }

    /// The next message, or nil when the peer has closed its end. Blocks.
    ///
    /// Throws `malformedMessage` and `messageTooLong` for what no `MessageSocket` sends.
    public func receive() throws(SandboxError) -> SocketMessage? {
        switch try receive(flags: 0) {
        case .message(let message): return message
        case .end: return nil
        case .nothingYet: preconditionFailure("a receive that blocks has something")
        }
    }

    /// What a look at the socket finds.
    public enum Arrival: Sendable {
        case message(SocketMessage)
        /// No whole message: poll `fd` and look again.
        case nothingYet
        /// The peer has closed its end.
        case end
    }

    /// The next message if it has arrived; as `receive`, but never blocks.
    public func receiveArrived() throws(SandboxError) -> Arrival { try receive(flags: CInt(MSG_DONTWAIT)) }

    private func receive(flags: CInt) throws(SandboxError) -> Arrival {
        try receiving.withLock { incoming throws(SandboxError) in
            while true {
                guard let packet = try receivePacket(flags: flags, &incoming) else { return .nothingYet }
                if packet.isEmpty {
                    guard incoming.bytes.isEmpty else { throw .malformedMessage }
                    return .end
                }
                incoming.bytes += packet.dropFirst()
                guard incoming.bytes.count <= Self.limit else {
                    throw .messageTooLong(bytes: incoming.bytes.count, limit: Self.limit)
                }
                guard packet.first == 0 else { continue }
                defer { incoming = Incoming() }
                return .message(SocketMessage(bytes: incoming.bytes, descriptors: incoming.descriptors))
            }
        }
    }

    private func sendPacket(_ packet: [UInt8], _ descriptors: [CInt]) throws(SandboxError) {
        switch csb_send(fd, packet, packet.count, descriptors, CInt(descriptors.count)) {
        case packet.count: return
        case -Int(EPIPE), -Int(ECONNRESET): throw .connectionClosed
        case let result: throw .systemCall("sendmsg", path: "", errno: CInt(-result))
        }
    }

    /// A packet, whose descriptors are put into `incoming`; empty at the end, nil when nothing has arrived.
    private func receivePacket(flags: CInt, _ incoming: inout Incoming) throws(SandboxError) -> [UInt8]? {
        var packet = [UInt8](repeating: 0, count: Int(CSB_MESSAGE_LIMIT))
        var descriptors = [CInt](repeating: -1, count: Self.descriptorLimit)
        var count = CInt(descriptors.count)
        let result = csb_receive(fd, &packet, packet.count, &descriptors, &count, flags)
        incoming.descriptors += descriptors.prefix(Int(count)).map { OwnedDescriptor(owning: $0) }
        if result >= 0 { return Array(packet[..<result]) }
        if result == -Int(EAGAIN) { return nil }
        if result == -Int(ECONNRESET) { return [] }
        throw .systemCall("recvmsg", path: "", errno: CInt(-result))
    }
}
