internal import CLinux
internal import Glibc

extension OpenFile {
    /// A file in memory that holds the bytes and whose content nobody can change, at its start.
    public static func sealed(_ bytes: [UInt8]) throws(SystemError) -> OpenFile {
        let file = OpenFile(owning: try check("memfd_create", nil) { clinux_memory_file("sealed") })
        try file.writeAll(bytes)
        try check("fcntl", nil) { clinux_seal(file.fd) }
        _ = lseek(file.fd, 0, SEEK_SET)
        return file
    }
}
