internal import FileSystem

/// Metadata of directories, which is set when all that is in them has been made: a directory may be closed to its own
/// writer, and making files in it changes its time.
struct FolderMetadata {
    struct Values {
        var permissions: UInt16
        var uid: UInt32
        var gid: UInt32
        var modified: FileTime
        var attributes: [ExtendedAttribute]
    }

    private var values: [FileName: Values] = [:]

    /// The last word on a directory counts.
    mutating func set(_ path: [FileName], _ new: Values) { values[FileName.joining(path)] = new }

    /// What was said of a directory that is gone, and of those in it.
    mutating func remove(below path: [FileName]) {
        let prefix = FileName.joining(path).bytes
        values = values.filter { entry in
            !(entry.key.bytes.starts(with: prefix)
                && (entry.key.bytes.count == prefix.count || entry.key.bytes[prefix.count] == UInt8(ascii: "/")))
        }
    }

    /// Sets all, those inside others first. `apply` gets the path and the opened directory.
    consuming func apply(in root: OpenFile, _ body: (FileName, OpenFile, Values) throws -> Void) throws {
        for path in values.keys.sorted(by: >) {
            guard let values = values[path] else { continue }
            try body(path, root.openWithoutLinks(path, [.read, .directory]), values)
        }
    }
}
