internal import DockerfileFrontend
internal import FileSystem

/// What COPY and ADD give to what they write.
struct CopyAttributes {
    /// From `--chown`; nil leaves owners as they come.
    var owner: Owner?
    /// From `--chmod`; nil leaves modes as they come.
    var mode: FileMode?

    /// Mode of a directory that is made because it is missing.
    var parentMode: UInt16 { mode?.parentDirectoryMode ?? 0o755 }
    var parentOwner: Owner { owner ?? .root }
}

/// The root file system that COPY and ADD write to.
struct CopyDestination {
    let root: OpenFile
    let attributes: CopyAttributes

    /// Resolves a path with all its links, also one that dangles.
    func resolve(_ path: RootPath) throws -> PathResolver.Resolved {
        let tree = SourceTree(root: root, filter: NoFilter(), keepsMetadata: true)
        return try PathResolver { try tree.found($0) }.resolve(path)
    }

    /// The directory at a path, links followed; what is missing of it is made.
    func directory(_ path: RootPath) throws -> OpenFile {
        let resolved = try resolve(path).path
        var place = try root.open(".", [.read, .directory])
        for name in resolved.names.map(FileName.init) {
            place = try child(name, of: place, path: resolved)
        }
        return place
    }

    private func child(_ name: FileName, of folder: OpenFile, path: RootPath) throws -> OpenFile {
        guard let status = try folder.statusIfPresent(of: name) else {
            try folder.makeDirectory(name, mode: 0o700)
            let made = try folder.open(name, [.read, .directory, .noFollow])
            try made.setOwner(uid: attributes.parentOwner.uid, gid: attributes.parentOwner.gid)
            try made.setPermissions(attributes.parentMode)
            return made
        }
        guard status.kind == .directory else { throw ExecutionError.copyOntoNonDirectory(path.description) }
        return try folder.open(name, [.read, .directory, .noFollow])
    }
}
