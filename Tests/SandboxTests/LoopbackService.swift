import Foundation
import Glibc
import SystemPackage

/// Says hello to whoever connects to a port of 127.0.0.1.
final class LoopbackService: Sendable {
    let port: UInt16
    private let fd: CInt

    init() throws {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.fd = fd
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, size) == 0 && listen(fd, 16) == 0 && getsockname(fd, $0, &size) == 0
            }
        }
        guard listening else { throw Errno(rawValue: errno) }
        port = UInt16(bigEndian: address.sin_port)
        Foundation.Thread.detachNewThread {
            while case let client = accept(fd, nil, nil), client >= 0 {
                _ = "hello from the host".withCString { write(client, $0, strlen($0)) }
                close(client)
            }
        }
    }

    deinit {
        shutdown(fd, Int32(SHUT_RDWR))
        close(fd)
    }
}

/// A listening socket in the abstract namespace, which belongs to the network namespace.
final class AbstractSocket {
    let name: String
    private let fd: CInt

    /// Landlock's scopes came with Linux 6.12.
    static let canBeScoped: Bool = {
        var name = utsname()
        uname(&name)
        let release = withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let version = release.split(separator: ".").prefix(2).compactMap { Int($0) }
        return !version.lexicographicallyPrecedes([6, 12])
    }()

    init() throws {
        name = "build-all-test-\(UInt32.random(in: 0...UInt32.max))"
        fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0[1...].copyBytes(from: name.utf8) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
        let listening = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(fd, $0, size) == 0 && listen(fd, 1) == 0 }
        }
        guard listening else { throw Errno(rawValue: errno) }
    }

    deinit {
        close(fd)
    }

    static func compileClient(to path: String) throws {
        try Command.compile("abstract.c", to: path)
    }
}
