internal import CLinux
internal import Glibc

extension OpenFile {
    /// Of the open file itself; works on every descriptor.
    public func status() throws(SystemError) -> FileStatus {
        try Self.status(at: fd, "", clinux_at_empty_path)
    }

    /// Of a name below this directory; links are not followed.
    public func status(of name: FileName) throws(SystemError) -> FileStatus {
        try Self.status(at: fd, name, AT_SYMLINK_NOFOLLOW)
    }

    /// As `status(of:)`, or nil if there is no such name.
    public func statusIfPresent(of name: FileName) throws(SystemError) -> FileStatus? {
        do {
            return try status(of: name)
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
    }

    private static func status(
        at directory: Int32, _ name: FileName, _ flags: Int32
    ) throws(SystemError) -> FileStatus {
        var raw = statx()
        try check("statx", name.description) {
            name.withCString {
                let result = clinux_statx(directory, $0, flags, &raw)
                if result == 0, clinux_records_owners() { _ = clinux_recorded_owner(directory, $0, flags, &raw) }
                if result == 0, clinux_records_devices() { clinux_recorded_device(directory, $0, flags, &raw) }
                return result
            }
        }
        guard let status = FileStatus(raw) else {
            throw SystemError(call: "statx", code: EINVAL, path: name.description)
        }
        return status
    }

    /// Owner and group of the open file, also of a link opened with `pathOnly` and `noFollow`.
    public func setOwner(uid: UInt32, gid: UInt32) throws(SystemError) {
        try check("fchownat", nil) { Self.changeOwner(fd, "", uid, gid, clinux_at_empty_path) }
    }

    /// Of the open file as the disk has it, whatever is recorded elsewhere.
    public func setOwnerOnDisk(uid: UInt32, gid: UInt32) throws(SystemError) {
        try check("fchownat", nil) { fchownat(fd, "", uid, gid, clinux_at_empty_path) }
    }

    /// Owner and group of a name below this directory; links are not followed.
    public func setOwner(of name: FileName, uid: UInt32, gid: UInt32) throws(SystemError) {
        try check("fchownat", name.description) {
            name.withCString { Self.changeOwner(fd, $0, uid, gid, AT_SYMLINK_NOFOLLOW) }
        }
    }

    /// In a user namespace of one id the owner is recorded beside the file, see `owners.h`.
    private static func changeOwner(
        _ directory: Int32, _ path: UnsafePointer<CChar>, _ uid: UInt32, _ gid: UInt32, _ flags: Int32
    ) -> Int32 {
        clinux_records_owners()
            ? clinux_record_owner(directory, path, uid, gid, flags) : fchownat(directory, path, uid, gid, flags)
    }

    /// Both times; where owners are recorded a link's access time is its owner's, and stays.
    private static func times(_ modified: FileTime) -> (timespec, timespec) {
        let time = timespec(tv_sec: Int(modified.seconds), tv_nsec: Int(modified.nanoseconds))
        return (clinux_records_owners() ? timespec(tv_sec: 0, tv_nsec: clinux_omit_time) : time, time)
    }

    /// Permission bits of the open file, which must not be a link; works on `pathOnly` descriptors too.
    public func setPermissions(_ permissions: UInt16) throws(SystemError) {
        try check("chmod", procPath) {
            if clinux_owner() != 0 { return clinux_set_mode(fd, "", UInt32(permissions), clinux_at_empty_path) }
            let result = fchmod(fd, UInt32(permissions))
            return result < 0 && errno == EBADF ? chmod(procPath, UInt32(permissions)) : result
        }
    }

    /// Access and modification time of the open file.
    public func setTimes(modified: FileTime) throws(SystemError) {
        try check("utimensat", nil) {
            withUnsafePointer(to: Self.times(modified)) { pair in
                pair.withMemoryRebound(to: timespec.self, capacity: 2) { utimensat(fd, "", $0, clinux_at_empty_path) }
            }
        }
    }

    /// Access and modification time of a name below this directory; links are not followed.
    public func setTimes(of name: FileName, modified: FileTime) throws(SystemError) {
        try check("utimensat", name.description) {
            withUnsafePointer(to: Self.times(modified)) { pair in
                pair.withMemoryRebound(to: timespec.self, capacity: 2) { times in
                    name.withCString { utimensat(fd, $0, times, AT_SYMLINK_NOFOLLOW) }
                }
            }
        }
    }

    /// Names of the extended attributes, in the kernel's order; empty where the file system has none.
    public func extendedAttributeNames() throws(SystemError) -> [FileName] {
        let bytes = try attributeBytes("listxattr") {
            flistxattr(fd, $0, $1)
        } byPath: {
            listxattr(procPath, $0, $1)
        }
        guard let bytes, !bytes.isEmpty else { return [] }
        let names = bytes.split(separator: 0).map { FileName(unchecked: Array($0)) }
        return clinux_records_devices() ? names.filter { !Self.recordAttributes.contains($0) } : names
    }

    /// Where owners and devices are recorded, which are shown as the file's status only.
    private static let recordAttributes: Set<FileName> = ["user.build-all.owner", "user.build-all.device"]

    /// The value of an extended attribute, nil if there is none of that name.
    public func extendedAttribute(_ name: FileName) throws(SystemError) -> [UInt8]? {
        try attributeBytes("getxattr") { buffer, size in
            name.withCString { fgetxattr(fd, $0, buffer, size) }
        } byPath: { buffer, size in
            name.withCString { getxattr(procPath, $0, buffer, size) }
        }
    }

    /// The largest list and value that Linux allows (xattr(7)).
    private static var attributeLimit: Int { 64 << 10 }

    /// What a call wrote into a buffer: a small one first, few files have much. Descriptors that only are handles need
    /// the path in /proc. Nil if there is nothing of that name.
    private func attributeBytes(
        _ call: String, byDescriptor: (UnsafeMutablePointer<CChar>?, Int) -> Int,
        byPath: (UnsafeMutablePointer<CChar>?, Int) -> Int
    ) throws(SystemError) -> [UInt8]? {
        var code = ERANGE
        for size in [256, Self.attributeLimit] where code == ERANGE {
            let bytes = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer -> [UInt8]? in
                var count = byDescriptor(buffer.baseAddress, size)
                if count < 0, errno == EBADF { count = byPath(buffer.baseAddress, size) }
                code = errno
                return count < 0 ? nil : buffer[..<count].map { UInt8(bitPattern: $0) }
            }
            if let bytes { return bytes }
        }
        if code == ENODATA || code == EOPNOTSUPP { return nil }
        throw SystemError(call: call, code: code, path: procPath)
    }

    public func setExtendedAttribute(_ name: FileName, _ value: [UInt8]) throws(SystemError) {
        try check("setxattr", name.description) {
            name.withCString {
                let result = fsetxattr(fd, $0, value, value.count, 0)
                return result < 0 && errno == EBADF ? setxattr(procPath, $0, value, value.count, 0) : result
            }
        }
    }

    public func removeExtendedAttribute(_ name: FileName) throws(SystemError) {
        try check("removexattr", name.description) {
            name.withCString {
                let result = fremovexattr(fd, $0)
                return result < 0 && errno == EBADF ? removexattr(procPath, $0) : result
            }
        }
    }
}
