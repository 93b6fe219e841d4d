internal import FileSystem

/// The root file system that COPY, ADD and WORKDIR write to.
///
/// What they write goes straight into the upper directory that becomes the layer; what was there is looked up in the layers
/// below. A mount to write through would cost about half as much again in the kernel.
final class CopyTarget {
    let attributes: CopyAttributes
    private let upper: OpenFile
    private let below: OpenFile?
    private let root: TargetFolder
    private let times = DirectoryTimes()

    /// `below`: the layers below as one tree; nil if there are none, or if `upper` is a tree to be written to as it is.
    init(upper: OpenFile, below: OpenFile?, attributes: CopyAttributes) throws {
        self.upper = upper
        self.below = below
        self.attributes = attributes
        root = TargetFolder(root: upper, below: below, times: times)
    }

    /// Gives directories their times: to be called when all is written.
    func finish() throws {
        try times.apply(below: upper)
    }

    func setTime(of folder: TargetFolder, _ time: FileTime) {
        times.set(folder.path, time)
    }

    /// Resolves a path with all its links, also one that dangles.
    func resolve(_ path: RootPath) throws -> PathResolver.Resolved {
        try PathResolver { path in try self.found(path) }.resolve(path)
    }

    private func found(_ path: RootPath) throws -> PathResolver.Found {
        if let found = try upper.found(path) { return found }
        return try below?.found(path) ?? .missing
    }

    /// The directory at a path, links followed; what is missing of it is made, with `mode` or as the attributes say.
    func directory(_ path: RootPath, mode: UInt16? = nil) throws -> TargetFolder {
        let resolved = try resolve(path).path
        return try resolved.names.map(FileName.init).reduce(root) { folder, name in
            guard let status = try folder.status(of: name) else { return try make(name, in: folder, mode) }
            guard status.kind == .directory else {
                throw ExecutionError.copyOntoNonDirectory(resolved.description)
            }
            return try folder.entering(name)
        }
    }

    private func make(_ name: FileName, in folder: TargetFolder, _ mode: UInt16?) throws -> TargetFolder {
        let made = try folder.making(name)
        let owner = attributes.parentOwner
        try made.writable().setOwner(uid: owner.uid, gid: owner.gid)
        try made.writable().setPermissions(mode ?? attributes.parentMode)
        setTime(of: made, attributes.madeTime)
        return made
    }
}
