import Foundation
import Glibc
import SystemPackage

/// A listening UNIX socket that sends back what it gets.
final class EchoSocket: Sendable {
    let path: FilePath
    private let fd: CInt

    init(_ path: FilePath) throws {
        let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        self.fd = fd
        self.path = path
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.string.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let listening = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(fd, $0, size) == 0 && listen(fd, 8) == 0 }
        }
        guard listening else { throw Errno(rawValue: errno) }
        Foundation.Thread.detachNewThread {
            while case let client = accept(fd, nil, nil), client >= 0 {
                var bytes = [UInt8](repeating: 0, count: 64)
                let count = read(client, &bytes, bytes.count)
                _ = write(client, bytes, max(count, 0))
                close(client)
            }
        }
    }

    deinit {
        shutdown(fd, Int32(SHUT_RDWR))
        close(fd)
    }
}

/// A pseudo-terminal: what a step writes to `slave` is read from `master`.
final class Terminal {
    let master: FileDescriptor
    let slave: FileDescriptor

    init() throws {
        master = try FileDescriptor.open("/dev/ptmx", .readWrite, options: [.closeOnExec])
        var lock: CInt = 0
        let isUnlocked = ioctl(master.rawValue, Self.setLock, &lock) == 0
        slave = FileDescriptor(rawValue: ioctl(master.rawValue, Self.openPeer, O_RDWR | O_NOCTTY | O_CLOEXEC))
        guard isUnlocked, slave.rawValue >= 0 else { throw Errno(rawValue: errno) }
    }

    // TIOCSPTLCK and TIOCGPTPEER, macros that Swift does not import.
    private static let setLock: UInt = 0x4004_5431
    private static let openPeer: UInt = 0x5441

    deinit {
        try? master.close()
    }

    /// What was written until the last holder of the slave let go of it.
    func readAll() throws -> [String] {
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 4096)
        while case let count = read(master.rawValue, &room, room.count), count > 0 { bytes += room[..<count] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }
}
