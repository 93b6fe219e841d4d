internal import CLinux
internal import Glibc

extension OpenFile {
    /// Reads at most the buffer's size from the current position; 0 is the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try check("read", nil) { Glibc.read(fd, buffer.baseAddress, buffer.count) }
    }

    /// Reads at most the buffer's size from an offset, without moving the position; 0 is the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
        try check("pread", nil) { pread(fd, buffer.baseAddress, buffer.count, Int(offset)) }
    }

    /// The bytes from the current position to the end; nil if there are more than `limit`.
    public func readAll(limit: Int) throws(SystemError) -> [UInt8]? {
        var bytes: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: min(limit + 1, 64 << 10), alignment: 16)
        defer { chunk.deallocate() }
        while true {
            let count = try read(into: chunk)
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            if bytes.count > limit { return nil }
        }
    }

    /// Writes all bytes at the current position.
    public func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            rest = rest.dropFirst(try check("write", nil) { Glibc.write(fd, part.baseAddress, part.count) })
        }
    }

    /// Writes all bytes at the current position.
    public func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var failure: SystemError?
        bytes.withUnsafeBytes { buffer in
            do throws(SystemError) { try writeAll(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Copies the rest of this file to another at its position, inside the kernel where the file systems allow; those
    /// that can then share the blocks. Holes are skipped: an empty target gets the same ones.
    public func copyContent(to target: OpenFile) throws(SystemError) {
        let status = try status()
        guard status.kind == .regular, status.storedSize < status.size else {
            return try copyBytes(.max, to: target)
        }
        var position = try seek(0, SEEK_CUR)
        while position < status.size {
            let stored = try nextStored(from: position) ?? status.size..<status.size
            try target.skip(stored.lowerBound - position)
            try seek(stored.lowerBound, SEEK_SET)
            position = min(stored.upperBound, status.size)
            try copyBytes(position - stored.lowerBound, to: target)
        }
        // The last hole.
        let end = try target.seek(0, SEEK_CUR)
        if try target.status().size < end { try target.truncate(to: end) }
    }

    private func copyBytes(_ limit: Int64, to target: OpenFile) throws(SystemError) {
        var rest = limit
        while rest > 0 {
            let count = clinux_copy_file_range(fd, target.fd, Int(min(rest, 1 << 30)))
            if count == 0 { return }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                guard [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP].contains(errno) else {
                    throw SystemError(call: "copy_file_range", code: errno, path: nil)
                }
                return try copyByBuffer(rest, to: target)
            }
            rest -= Int64(count)
        }
    }

    private func copyByBuffer(_ limit: Int64, to target: OpenFile) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
        defer { buffer.deallocate() }
        var rest = limit
        while rest > 0 {
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(clamping: rest))))
            if count == 0 { return }
            try target.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            rest -= Int64(count)
        }
    }

    /// Waits until the content is on the disk.
    public func synchronizeData() throws(SystemError) {
        try check("fdatasync", nil) { fdatasync(fd) }
    }

    /// Waits until everything that was written to this file's file system is on the disk.
    public func synchronizeFileSystem() throws(SystemError) {
        try check("syncfs", nil) { clinux_syncfs(fd) }
    }

    public func truncate(to size: Int64) throws(SystemError) {
        try check("ftruncate", nil) { ftruncate(fd, Int(size)) }
    }

    /// Takes room on the disk from the file's start on without changing its size (fallocate(2)).
    public func reserve(_ size: Int64) throws(SystemError) {
        try check("fallocate", nil) { clinux_reserve(fd, size) }
    }
}
