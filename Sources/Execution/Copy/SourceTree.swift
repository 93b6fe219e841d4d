internal import FileSystem

/// A tree that COPY and ADD read: the build context, a named context, another stage or an image.
struct SourceTree: Sendable {
    /// Its root directory.
    let root: OpenFile
    /// Paths that are as if they did not exist.
    var filter = PathFilter.none
    /// Whether owners, extended attributes and devices come along: from stages and images, not from contexts.
    let keepsMetadata: Bool

    /// Resolves a path with all its links inside the tree; nil if nothing is there, or it is hidden.
    func resolve(_ path: RootPath, followsLast: Bool = true) throws -> RootPath? {
        let resolver = PathResolver { try root.found($0) ?? .missing }
        let resolved = try resolver.resolve(path, followsLast: followsLast)
        if resolved.found == .missing { return nil }
        let position = filter.position(at: resolved.path)
        if position.isHidden, !position.mayShowBelow || resolved.found != .directory { return nil }
        return resolved.path
    }

    func open(_ path: RootPath, _ flags: OpenFile.Flags) throws -> OpenFile {
        try root.openWithoutLinks(FileName(path.bytes), flags)
    }

    func status(_ path: RootPath) throws -> FileStatus {
        try open(path, [.pathOnly, .noFollow]).status()
    }

    /// The names in a directory, sorted.
    func names(of path: RootPath) throws -> [FileName] {
        try open(path, [.read, .directory]).entries().map(\.name).sorted()
    }
}

extension OpenFile {
    /// What stands at a path below this directory, links not followed. Nil if nothing does; `missing` if nothing can,
    /// because a part of the path is no directory.
    func found(_ path: RootPath) throws(SystemError) -> PathResolver.Found? {
        do throws(SystemError) {
            let file = try openWithoutLinks(FileName(path.bytes), [.pathOnly, .noFollow])
            let status = try file.status()
            if status.isWhiteout { return nil }
            switch status.kind {
            case .directory: return .directory
            case .symlink: return .link(target: try file.readLink("").bytes)
            default: return .other
            }
        } catch {
            guard error.isNotFound else { throw error }
            return error.isNotDirectory ? .missing : nil
        }
    }
}
