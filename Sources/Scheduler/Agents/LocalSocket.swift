internal import FileSystem
internal import Glibc
internal import SystemPackage

/// UNIX sockets by path, however long the path is: the kernel takes 107 bytes, so they are reached through their folder.
enum LocalSocket {
    /// A socket that listens at a new name in a folder, for its owner only.
    static func listening(in folder: OpenFile, name: String) throws(SystemError) -> OpenFile {
        let socket = try make()
        try call("bind", name, at: "/proc/self/fd/\(folder.fd)/\(name)") { bind(socket.fd, $0, $1) }
        guard fchmodat(folder.fd, name, 0o600, 0) == 0 else {
            throw SystemError(call: "fchmodat", code: errno, path: name)
        }
        guard listen(socket.fd, 64) == 0 else { throw SystemError(call: "listen", code: errno, path: name) }
        return socket
    }

    static func connected(to path: FilePath) throws(SystemError) -> OpenFile {
        let folder = try OpenFile.open(path.removingLastComponent().string, [.pathOnly, .directory])
        let name = path.lastComponent?.string ?? ""
        let socket = try make()
        defer { withExtendedLifetime(folder) {} }
        try call("connect", path.string, at: "/proc/self/fd/\(folder.fd)/\(name)") { connect(socket.fd, $0, $1) }
        return socket
    }

    private static func make() throws(SystemError) -> OpenFile {
        let fd = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { throw SystemError(call: "socket", code: errno, path: nil) }
        return OpenFile(owning: fd)
    }

    private static func call(
        _ name: String, _ shown: String, at path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError(call: name, code: ENAMETOOLONG, path: shown)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw SystemError(call: name, code: errno, path: shown) }
    }
}
