internal import CLinux
internal import Glibc

/// A name in a directory with what the directory says of its kind.
public struct DirectoryEntry: Hashable, Sendable {
    public let name: FileName
    /// Nil where the file system does not tell.
    public let kind: FileKind?
}

extension OpenFile {
    /// Everything in this directory but `.` and `..`, in the kernel's order; call it on a fresh descriptor.
    public func entries() throws(SystemError) -> [DirectoryEntry] {
        var entries: [DirectoryEntry] = []
        try forEachEntry { entries.append($0) }
        return entries
    }

    private func forEachEntry(_ body: (DirectoryEntry) -> Void) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 8)
        defer { buffer.deallocate() }
        guard let base = buffer.baseAddress else { return }
        while true {
            let count = try check("getdents64", nil) { clinux_getdents64(fd, base, buffer.count) }
            if count == 0 { return }
            var offset = 0
            while offset < count {
                // struct linux_dirent64: ino 8, off 8, reclen 2, type 1, name.
                let length = Int(buffer.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
                let kind = FileKind(mode: UInt32(buffer[offset + 18]) << 12)
                let name = UnsafeRawBufferPointer(
                    rebasing: buffer[(offset + 19)..<(offset + 19 + strlen(base + offset + 19))])
                offset += length
                if Self.isSelfOrParent(name) { continue }
                body(DirectoryEntry(name: FileName(unchecked: Array(name)), kind: kind))
            }
        }
    }

    private static func isSelfOrParent(_ name: UnsafeRawBufferPointer) -> Bool {
        name[0] == UInt8(ascii: ".") && (name.count == 1 || (name.count == 2 && name[1] == UInt8(ascii: ".")))
    }

    public func makeDirectory(_ name: FileName, mode: UInt16 = 0o755) throws(SystemError) {
        try check("mkdirat", name.description) { name.withCString { mkdirat(fd, $0, UInt32(mode)) } }
    }

    /// A FIFO, socket, device or empty file. In a user namespace an empty file stands for a device, and its status says so.
    public func makeNode(
        _ name: FileName, kind: FileKind, mode: UInt16, major: UInt32 = 0, minor: UInt32 = 0
    ) throws(SystemError) {
        try check("mknodat", name.description) {
            name.withCString {
                let result = clinux_mknodat(fd, $0, kind.modeBits | UInt32(mode), major, minor)
                let isRecorded = (kind == .characterDevice || kind == .blockDevice) && clinux_records_devices()
                guard result < 0, errno == EPERM, isRecorded else { return result }
                return clinux_record_device(fd, $0, kind.modeBits | UInt32(mode), major, minor)
            }
        }
    }

    public func makeSymlink(_ name: FileName, target: FileName) throws(SystemError) {
        try check("symlinkat", name.description) {
            name.withCString { link in target.withCString { symlinkat($0, fd, link) } }
        }
    }

    /// A second name for a file; a link is linked itself, not followed.
    public func makeHardLink(_ name: FileName, to source: FileName, in folder: OpenFile) throws(SystemError) {
        try check("linkat", name.description) {
            name.withCString { new in source.withCString { linkat(folder.fd, $0, fd, new, 0) } }
        }
    }

    /// A second name for an open file, also one opened with `pathOnly`.
    public func makeHardLink(_ name: FileName, to file: OpenFile) throws(SystemError) {
        try check("linkat", name.description) {
            name.withCString { linkat(AT_FDCWD, file.procPath, fd, $0, AT_SYMLINK_FOLLOW) }
        }
    }

    /// The target of a link.
    public func readLink(_ name: FileName) throws(SystemError) -> FileName {
        var buffer = [CChar](repeating: 0, count: 4097)
        let count = try check("readlinkat", name.description) {
            name.withCString { readlinkat(fd, $0, &buffer, buffer.count) }
        }
        return FileName(unchecked: buffer[..<count].map { UInt8(bitPattern: $0) })
    }

    /// Removes a name that is no directory.
    public func unlink(_ name: FileName) throws(SystemError) {
        try check("unlinkat", name.description) { name.withCString { unlinkat(fd, $0, 0) } }
    }

    /// Removes an empty directory.
    public func removeDirectory(_ name: FileName) throws(SystemError) {
        try check("unlinkat", name.description) { name.withCString { unlinkat(fd, $0, AT_REMOVEDIR) } }
    }

    /// Renames; what has the new name already is replaced, or with `replacing` false makes it fail with EEXIST.
    public func rename(
        _ name: FileName, to newName: FileName, in folder: OpenFile, replacing: Bool = true
    ) throws(SystemError) {
        try check("renameat2", "\(name) -> \(newName)") {
            name.withCString { old in
                newName.withCString {
                    clinux_renameat2(fd, old, folder.fd, $0, replacing ? 0 : clinux_rename_noreplace)
                }
            }
        }
    }

    /// Two names below this directory change their meaning in one instant.
    public func exchange(_ name: FileName, with other: FileName) throws(SystemError) {
        try check("renameat2", "\(name) <-> \(other)") {
            name.withCString { first in
                other.withCString { clinux_renameat2(fd, first, fd, $0, clinux_rename_exchange) }
            }
        }
    }
    /// Lets two names, here and in another directory, change places in one instant.
    public func exchange(_ name: FileName, with other: FileName, in folder: OpenFile) throws(SystemError) {
        try check("renameat2", "\(name) <-> \(other)") {
            name.withCString { old in
                other.withCString { clinux_renameat2(fd, old, folder.fd, $0, clinux_rename_exchange) }
            }
        }
    }
}
