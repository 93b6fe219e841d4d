internal import FileSystem
internal import SystemPackage

/// What of a container stays as it is when its root becomes an image's: mounts, the program's own folders. Above them there are
/// folders that the image and the container have together: the root is one.
///
/// Those are root's and sticky on the disk, so that a step makes names in them and moves none of them. What the image says of
/// one, all but when names in it changed, is said of its record: a folder that nobody sees.
struct KeptPaths: Sendable {
    enum Place {
        case kept, above, image
    }

    let paths: Set<RootPath>
    private let above: Set<RootPath>
    private let records: FilePath

    /// `records`: a folder, in which those of folders above are at the same path.
    init(_ paths: some Sequence<RootPath>, records: FilePath) {
        // What is below a kept folder goes with it.
        let all = Set(paths).subtracting([.root])
        let topmost = all.filter { path in path.ancestors.allSatisfy { !all.contains($0) } }
        self.paths = topmost
        above = Set(topmost.flatMap(\.ancestors)).union([.root])
        self.records = records
    }

    func place(of path: RootPath) -> Place {
        if paths.contains(path) { return .kept }
        return above.contains(path) ? .above : .image
    }

    /// Whether a path is kept, in something kept, or above it.
    func hasPart(of path: RootPath) -> Bool {
        above.contains(path) || paths.contains(path) || path.ancestors.contains(where: paths.contains)
    }

    // MARK: - Folders above

    /// Nil of any other path.
    func record(of path: RootPath) throws(SystemError) -> OpenFile? {
        guard place(of: path) == .above else { return nil }
        return try OpenFile.open(records.string, [.pathOnly, .directory])
            .openWithoutLinks(FileName(path.bytes), [.read, .directory])
    }

    /// What the image says of something in the tree, of which the disk says `status`.
    func status(of path: RootPath, _ status: FileStatus) throws(SystemError) -> FileStatus {
        guard let record = try record(of: path)?.status() else { return status }
        var told = status
        (told.uid, told.gid, told.permissions) = (record.uid, record.gid, record.permissions)
        // Names in it date it, too.
        if status.changed < record.changed { (told.modified, told.changed) = (record.modified, record.changed) }
        return told
    }

    /// Takes a folder above for the image, which says of it what a runtime does of one that it makes for a mount.
    func take(_ folder: OpenFile, at path: RootPath) throws(SystemError) {
        let parent = try OpenFile.open(records.string, [.pathOnly, .directory])
        let name = FileName(path.bytes)
        if path != .root, try parent.statusIfPresent(of: name) == nil { try parent.makeDirectory(name, mode: 0o755) }
        if let record = try record(of: path) {
            for attribute in try record.extendedAttributeNames() { try record.removeExtendedAttribute(attribute) }
            try record.setOwner(uid: 0, gid: 0)
            try record.setPermissions(0o755)
        }
        try folder.setOwnerOnDisk(uid: 0, gid: 0)
        try folder.setPermissions(0o1777)
    }
}

extension RootPath {
    /// Without the root and the path itself.
    fileprivate var ancestors: [RootPath] {
        names.indices.dropFirst().map { RootPath(names: Array(names[..<$0])) }
    }
}
