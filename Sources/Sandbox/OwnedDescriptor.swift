internal import Glibc

/// A descriptor that is closed with its last reference. Close-on-exec.
public final class OwnedDescriptor: Sendable {
    public let fd: CInt

    init(owning fd: CInt) {
        self.fd = fd
    }

    deinit { close(fd) }
}

/// What one `MessageSocket.send` sent.
public struct SocketMessage: Sendable {
    public let bytes: [UInt8]
    public let descriptors: [OwnedDescriptor]
}
