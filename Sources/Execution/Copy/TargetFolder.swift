internal import FileSystem

/// A directory that COPY writes to: one of an upper directory, over what the layers below have in its place.
///
/// It is made in the upper directory, with the metadata that it has below, only when something is put into it.
final class TargetFolder {
    let path: RootPath
    private let times: DirectoryTimes
    private let below: OpenFile?
    private var upper: OpenFile?
    /// For as long as the directory is not in the upper one.
    private var parent: TargetFolder?
    private var keepsTime = false
    private var newFiles: NewFiles?

    /// What the kernel gives to files that are made in a directory: calls that would change nothing are saved.
    struct NewFiles {
        /// A directory with setgid gives its own group, and so may the mount.
        var owner: Owner
        /// A default ACL takes permissions away.
        var hasDefaultACL: Bool
    }

    private init(path: RootPath, upper: OpenFile?, below: OpenFile?, parent: TargetFolder?, times: DirectoryTimes) {
        self.path = path
        self.upper = upper
        self.below = below
        self.parent = parent
        self.times = times
    }

    /// The root. Without `below` it is a tree that is written to as it is.
    convenience init(root upper: OpenFile, below: OpenFile?, times: DirectoryTimes) {
        self.init(path: .root, upper: upper, below: below, parent: nil, times: times)
    }

    /// Nothing was there before this copy.
    var isNew: Bool { below == nil }

    /// Asks once a directory, of the first file that is made in it.
    func newFiles(like file: OpenFile) throws -> NewFiles {
        if let newFiles { return newFiles }
        let status = try file.status()
        let found = NewFiles(
            owner: Owner(uid: status.uid, gid: status.gid),
            hasDefaultACL: try writable().extendedAttribute("system.posix_acl_default") != nil)
        newFiles = found
        return found
    }

    /// What a name is; links are not followed.
    func status(of name: FileName) throws(SystemError) -> FileStatus? {
        if let status = try upper?.statusIfPresent(of: name) { return status }
        return try statusBelow(of: name)
    }

    /// What the layers below have under a name, whether it is hidden by now or not.
    func statusBelow(of name: FileName) throws(SystemError) -> FileStatus? {
        guard let status = try below?.statusIfPresent(of: name), !status.isWhiteout else { return nil }
        return status
    }

    /// The directory of a name, which must be one.
    func entering(_ name: FileName) throws -> TargetFolder {
        let upper = try upper?.folderIfPresent(name, [.read])
        return TargetFolder(
            path: path.appending(name.bytes), upper: upper, below: try below?.folderIfPresent(name, [.pathOnly]),
            parent: upper == nil ? self : nil, times: times)
    }

    /// A directory further down, which is in the upper directory already.
    func reentering(_ path: RootPath) throws -> TargetFolder {
        let name = FileName(path.bytes)
        return TargetFolder(
            path: self.path.appending(path), upper: try writable().openWithoutLinks(name, [.read, .directory]),
            below: try below?.folderIfPresent(name, [.pathOnly]), parent: nil, times: times)
    }

    /// Makes a directory where nothing is; it is closed to others until it gets its metadata.
    func making(_ name: FileName) throws -> TargetFolder {
        let place = try writable()
        try place.makeDirectory(name, mode: 0o700)
        let made = TargetFolder(
            path: path.appending(name.bytes), upper: try place.open(name, [.read, .directory, .noFollow]), below: nil,
            parent: nil, times: times)
        made.keepsTime = true
        return made
    }

    /// The directory to write to.
    func writable() throws -> OpenFile {
        if let upper {
            if !keepsTime { times.keep(path, try upper.status().modified) }
            keepsTime = true
            return upper
        }
        guard let parent, let below, let name = path.last else {
            preconditionFailure("a directory that is not in the upper one has a parent")
        }
        let made = try parent.writable().makeCopy(of: below, as: FileName(name))
        times.keep(path, try below.status().modified)
        keepsTime = true
        upper = made
        self.parent = nil
        return made
    }
}

extension OpenFile {
    /// Opens a directory below this one; nil if there is nothing of the name, or no directory. No link is followed.
    fileprivate func folderIfPresent(_ path: FileName, _ flags: Flags) throws(SystemError) -> OpenFile? {
        do {
            return try openWithoutLinks(path, flags.union([.directory, .noFollow]))
        } catch {
            guard error.isNotFound || error.isLink else { throw error }
            return nil
        }
    }

    /// Makes a directory with the metadata of another.
    fileprivate func makeCopy(of folder: OpenFile, as name: FileName) throws(SystemError) -> OpenFile {
        try makeDirectory(name, mode: 0o700)
        let made = try open(name, [.read, .directory, .noFollow])
        try made.takeMetadata(of: folder)
        return made
    }

    /// Owner, mode and attributes of another directory; with `replacing` no others stay.
    func takeMetadata(of folder: OpenFile, replacing: Bool = false) throws(SystemError) {
        let status = try folder.status()
        try setOwner(uid: status.uid, gid: status.gid)
        try setPermissions(status.permissions)
        if replacing { try removeAttributes(missingIn: folder) }
        try copyAttributes(from: folder)
    }
}
