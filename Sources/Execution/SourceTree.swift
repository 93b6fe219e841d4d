internal import FileSystem

/// A tree that COPY and ADD read: the build context, a named context, another stage or an image.
struct SourceTree: Sendable {
    /// Its root directory.
    let root: OpenFile
    /// Paths that are as if they did not exist.
    let filter: any PathFilter
    /// Whether owners, extended attributes and devices come along: from stages and images, not from contexts.
    let keepsMetadata: Bool

    /// Resolves a path with all its links inside the tree.
    func resolve(_ path: RootPath) throws -> RootPath? {
        let resolver = PathResolver { try found($0) }
        let resolved = try resolver.resolve(path)
        if resolved.found == .missing { return nil }
        if filter.hides(resolved.path), !filter.mayShowBelow(resolved.path) || resolved.found != .directory {
            return nil
        }
        return resolved.path
    }

    func open(_ path: RootPath, _ flags: OpenFile.Flags) throws -> OpenFile {
        try root.openWithoutLinks(FileName(path.bytes), flags)
    }

    func status(_ path: RootPath) throws -> FileStatus {
        try open(path, [.pathOnly, .noFollow]).status()
    }

    func found(_ path: RootPath) throws -> PathResolver.Found {
        do throws(SystemError) {
            let file = try root.openWithoutLinks(FileName(path.bytes), [.pathOnly, .noFollow])
            switch try file.status().kind {
            case .directory: return .directory
            case .symlink: return .link(target: try file.readLink("").bytes)
            default: return .other
            }
        } catch {
            guard error.isNotFound else { throw error }
            return .missing
        }
    }

    /// The entries of a directory that are not hidden, sorted by name.
    func entries(of path: RootPath) throws -> [DirectoryEntry] {
        try open(path, [.read, .directory]).entries().sorted { $0.name < $1.name }
    }
}

/// Hides paths of a tree, as an ignore file does.
protocol PathFilter: Sendable {
    /// Whether the path is as if it did not exist.
    func hides(_ path: RootPath) -> Bool

    /// Whether something below a hidden directory may still be visible.
    func mayShowBelow(_ path: RootPath) -> Bool
}

/// Hides nothing.
struct NoFilter: PathFilter {
    func hides(_ path: RootPath) -> Bool { false }
    func mayShowBelow(_ path: RootPath) -> Bool { true }
}
