public import FileSystem

/// How overlayfs marks deletions in an upper directory that is mounted with `userxattr`.
///
/// https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories
enum OverlayMark {
    static let opaque: FileName = "user.overlay.opaque"
    static let whiteout: FileName = "user.overlay.whiteout"
    private static let prefix = Array("user.overlay.".utf8)
    private static let escapedPrefix = Array("user.overlay.overlay.".utf8)

    /// Of a directory that has whiteouts in the form of `whiteout`: the kernel looks for them there only.
    private static let hasWhiteouts = Array("x".utf8)

    /// A deletion of a name: a 0/0 device, or where none can be made (on an overlay, as containers have it) an empty file
    /// with an attribute, which overlayfs takes since Linux 6.7.
    static func makeWhiteout(_ name: FileName, in folder: OpenFile) throws(SystemError) {
        do throws(SystemError) {
            return try folder.makeNode(name, kind: .characterDevice, mode: 0)
        } catch {
            guard error.code == 1 else { throw error }
        }
        let file = try folder.open(name, [.write, .create, .exclusive, .noFollow], mode: 0)
        try file.setExtendedAttribute(whiteout, Array("y".utf8))
        if try folder.extendedAttribute(opaque) == nil { try folder.setExtendedAttribute(opaque, hasWhiteouts) }
    }

    /// Whether a name in an unpacked layer stands for its deletion.
    static func isWhiteout(_ name: FileName, _ status: FileStatus, in folder: OpenFile) throws(SystemError) -> Bool {
        if status.isWhiteout { return true }
        guard status.kind == .regular, status.size == 0 else { return false }
        return try folder.open(name, [.pathOnly, .noFollow]).extendedAttribute(whiteout) != nil
    }

    static func isOpaque(_ folder: OpenFile) throws(SystemError) -> Bool {
        try folder.extendedAttribute(opaque) == Array("y".utf8)
    }

    static func setOpaque(_ folder: OpenFile) throws(SystemError) {
        try folder.setExtendedAttribute(opaque, Array("y".utf8))
    }

    /// The name under which a step saw an attribute; nil for overlayfs' own, which it did not see.
    static func nameInside(_ name: FileName) -> FileName? {
        if name.bytes.starts(with: escapedPrefix) {
            return FileName(prefix + name.bytes.dropFirst(escapedPrefix.count))
        }
        return name.bytes.starts(with: prefix) ? nil : name
    }

    /// Whether an attribute belongs to overlayfs, in whichever name space: `*.overlay.*`.
    static func isOverlayName(_ name: FileName) -> Bool {
        let parts = name.bytes.split(separator: UInt8(ascii: "."), maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count > 1 && parts[1].elementsEqual("overlay".utf8)
    }
}

extension OpenFile {
    /// Marks a name of this directory, one of an unpacked layer, as deleted.
    public func makeWhiteout(_ name: FileName) throws(SystemError) { try OverlayMark.makeWhiteout(name, in: self) }

    /// Whether a name of this directory, one of an unpacked layer, stands for a deletion.
    public func isDeletion(_ name: FileName, _ status: FileStatus) throws(SystemError) -> Bool {
        try OverlayMark.isWhiteout(name, status, in: self)
    }

    /// Marks this directory of an unpacked layer as hiding all that lower layers have in its place.
    public func makeOpaque() throws(SystemError) { try OverlayMark.setOpaque(self) }

    /// Whether this directory of an unpacked layer hides all that lower layers have in its place.
    public func isOpaque() throws(SystemError) -> Bool { try OverlayMark.isOpaque(self) }
}

extension FileStatus {
    /// A deletion to overlayfs.
    var isWhiteout: Bool { kind == .characterDevice && deviceMajor == 0 && deviceMinor == 0 }
}

/// Names in a layer's tar stream that mean deletions.
///
/// https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts
enum WhiteoutName {
    static let prefix = Array(".wh.".utf8)
    private static let metaPrefix = Array(".wh..wh.".utf8)
    static let opaque: FileName = ".wh..wh..opq"

    static func isWhiteout(_ name: FileName) -> Bool { name.bytes.starts(with: prefix) }

    /// Notes of aufs about itself, which mean nothing to others.
    static func isForeign(_ name: FileName) -> Bool { name.bytes.starts(with: metaPrefix) && name != opaque }

    /// The name that a whiteout deletes.
    static func deleted(_ name: FileName) -> FileName { FileName(name.bytes.dropFirst(prefix.count)) }
}
