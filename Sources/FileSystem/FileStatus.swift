internal import CLinux
internal import Glibc

/// What a directory entry is.
public enum FileKind: UInt8, Hashable, Sendable, CaseIterable {
    case regular, directory, symlink, characterDevice, blockDevice, fifo, socket

    /// The type bits of `st_mode` (inode(7)).
    var modeBits: UInt32 {
        switch self {
        case .regular: 0o100_000
        case .directory: 0o040_000
        case .symlink: 0o120_000
        case .characterDevice: 0o020_000
        case .blockDevice: 0o060_000
        case .fifo: 0o010_000
        case .socket: 0o140_000
        }
    }

    init?(mode: UInt32) {
        switch mode & 0o170_000 {
        case 0o100_000: self = .regular
        case 0o040_000: self = .directory
        case 0o120_000: self = .symlink
        case 0o020_000: self = .characterDevice
        case 0o060_000: self = .blockDevice
        case 0o010_000: self = .fifo
        case 0o140_000: self = .socket
        default: return nil
        }
    }
}

/// A moment as file systems keep it: seconds since 1970, which may be negative, and nanoseconds after them.
public struct FileTime: Hashable, Sendable, Comparable {
    public var seconds: Int64
    /// 0 to 999,999,999.
    public var nanoseconds: Int32

    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    public static func < (left: FileTime, right: FileTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The present time.
    public static var now: FileTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return FileTime(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }
}

/// What statx(2) says of a file.
public struct FileStatus: Hashable, Sendable {
    public var kind: FileKind
    /// Permission bits with setuid, setgid and sticky: 0 to 0o7777.
    public var permissions: UInt16
    public var uid: UInt32
    public var gid: UInt32
    /// In bytes.
    public var size: Int64
    /// Bytes on the disk: less than `size` for a file with holes.
    public var storedSize: Int64
    public var linkCount: UInt32
    public var inode: UInt64
    /// The file system's device number.
    public var device: UInt64
    /// Of a device node.
    public var deviceMajor: UInt32
    public var deviceMinor: UInt32
    public var modified: FileTime
    public var changed: FileTime
    /// When the file was made; nil where the file system does not keep it.
    public var born: FileTime?

    /// Of a file that is yet to be made: root's, with one name.
    public init(kind: FileKind, permissions: UInt16, size: Int64, modified: FileTime) {
        self.kind = kind
        self.permissions = permissions
        self.size = size
        self.modified = modified
        (uid, gid, linkCount, inode, device) = (0, 0, 1, 0, 0)
        (deviceMajor, deviceMinor, storedSize) = (0, 0, size)
        changed = modified
    }

    init?(_ raw: statx) {
        guard let kind = FileKind(mode: UInt32(raw.stx_mode)) else { return nil }
        self.kind = kind
        permissions = raw.stx_mode & 0o7777
        uid = raw.stx_uid
        gid = raw.stx_gid
        size = Int64(raw.stx_size)
        storedSize = Int64(raw.stx_blocks) * 512
        linkCount = raw.stx_nlink
        inode = raw.stx_ino
        device = UInt64(raw.stx_dev_major) << 32 | UInt64(raw.stx_dev_minor)
        deviceMajor = raw.stx_rdev_major
        deviceMinor = raw.stx_rdev_minor
        modified = FileTime(seconds: raw.stx_mtime.tv_sec, nanoseconds: Int32(raw.stx_mtime.tv_nsec))
        born =
            raw.stx_mask & UInt32(clinux_statx_btime) == 0
            ? nil : FileTime(seconds: raw.stx_btime.tv_sec, nanoseconds: Int32(raw.stx_btime.tv_nsec))
        changed = FileTime(seconds: raw.stx_ctime.tv_sec, nanoseconds: Int32(raw.stx_ctime.tv_nsec))
    }
}
