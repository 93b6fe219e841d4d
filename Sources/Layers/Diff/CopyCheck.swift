internal import FileSystem

/// Tells what of an upper directory is as the layers below have it: copied up and left so.
struct CopyCheck {
    private let lowers: Lowers
    /// The directories that are merged at a path: that which was asked for last.
    private var current: (path: [UInt8], folders: [OpenFile])?

    init(_ lowers: Lowers) { self.lowers = lowers }

    /// Whether `name`, in `folder` at `path`, has the content and all that a layer says of it from below. A file with
    /// several names is none: they are new to each other.
    mutating func isCopy(
        _ name: FileName, _ status: FileStatus, in folder: OpenFile, below path: [UInt8]
    ) throws -> Bool {
        guard status.kind == .directory || status.linkCount == 1,
            let below = try Lowers.find(name, in: folders(at: path)), status.saysTheSame(as: below.status)
        else { return false }
        switch status.kind {
        case .symlink: return try folder.readLink(name) == below.folder.readLink(name)
        case .regular:
            let (file, other) = (try folder.openToRead(name, []), try below.folder.openToRead(name, []))
            return try Self.haveSameAttributes(file, other) && Self.haveSameContent(file, other)
        default:
            return try Self.haveSameAttributes(
                folder.open(name, [.pathOnly, .noFollow]), below.folder.open(name, [.pathOnly, .noFollow]))
        }
    }

    private mutating func folders(at path: [UInt8]) throws -> [OpenFile] {
        if let current, current.path == path { return current.folders }
        let folders = try lowers.folders(path.isEmpty ? [] : FileName(path).components)
        current = (path, folders)
        return folders
    }

    private static func haveSameAttributes(_ file: OpenFile, _ other: OpenFile) throws -> Bool {
        let attributes = try CarriedAttributes.read(file, names: file.extendedAttributeNames())
        return try attributes == CarriedAttributes.read(other, names: other.extendedAttributeNames())
    }

    private static func haveSameContent(_ file: OpenFile, _ other: OpenFile) throws -> Bool {
        let size = 128 << 10
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * size, alignment: 4096)
        defer { buffer.deallocate() }
        let first = UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])
        let second = UnsafeMutableRawBufferPointer(rebasing: buffer[size...])
        while true {
            let count = try file.read(into: first)
            let expected = try other.read(into: second)
            guard count == expected, first[..<count].elementsEqual(second[..<count]) else { return false }
            if count == 0 { return true }
        }
    }
}

extension FileStatus {
    fileprivate func saysTheSame(as other: FileStatus) -> Bool {
        kind == other.kind && permissions == other.permissions && uid == other.uid && gid == other.gid
            && modified == other.modified && (kind == .directory || size == other.size)
            && deviceMajor == other.deviceMajor && deviceMinor == other.deviceMinor
    }
}
