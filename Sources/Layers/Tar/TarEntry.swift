public import FileSystem

/// One member of a tar stream, without its content.
public struct TarEntry: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case regular, hardLink, symlink, characterDevice, blockDevice, directory, fifo
    }

    /// As stored, but without the slash that marks a directory.
    public var path: FileName
    public var kind: Kind
    /// Permission bits with setuid, setgid and sticky: 0 to 0o7777.
    public var permissions: UInt16
    public var uid: UInt32
    public var gid: UInt32
    /// Of a regular file's content in bytes, holes included; 0 for all others.
    public var size: Int64
    public var modified: FileTime
    /// Of a hard link, the path of the member that it repeats; of a symlink, its text.
    public var linkTarget: FileName
    public var deviceMajor: UInt32
    public var deviceMinor: UInt32
    public var attributes: [ExtendedAttribute]

    public init(
        path: FileName, kind: Kind, permissions: UInt16 = 0o644, uid: UInt32 = 0, gid: UInt32 = 0, size: Int64 = 0,
        modified: FileTime = FileTime(seconds: 0), linkTarget: FileName = "", deviceMajor: UInt32 = 0,
        deviceMinor: UInt32 = 0, attributes: [ExtendedAttribute] = []
    ) {
        self.path = path
        self.kind = kind
        self.permissions = permissions
        self.uid = uid
        self.gid = gid
        self.size = size
        self.modified = modified
        self.linkTarget = linkTarget
        self.deviceMajor = deviceMajor
        self.deviceMinor = deviceMinor
        self.attributes = attributes
    }
}

/// A named value beside a file's content (xattr(7)).
public struct ExtendedAttribute: Hashable, Sendable {
    public var name: FileName
    public var value: [UInt8]

    public init(name: FileName, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}
