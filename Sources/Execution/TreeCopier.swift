internal import DockerfileFrontend
internal import FileSystem

/// Copies one source into a directory of the destination.
final class TreeCopier {
    private let tree: SourceTree
    private let attributes: CopyAttributes
    private let base: OpenFile
    /// Where `base` is, for messages.
    private let place: RootPath
    /// Directory of the destination that was used last: entries come parents first, sorted.
    private var current: (path: RootPath, folder: OpenFile)
    /// First copies of files with several links, by device and inode.
    private var linked: [Link: RootPath] = [:]
    /// Directories whose times are set when all is in them.
    private var directories: [(path: RootPath, time: FileTime)] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 4096)

    private struct Link: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    init(from tree: SourceTree, into folder: OpenFile, at place: RootPath = .root, attributes: CopyAttributes) {
        self.tree = tree
        self.attributes = attributes
        self.place = place
        base = folder
        current = (.root, folder)
    }

    deinit { buffer.deallocate() }

    /// Copies the contents of a directory source; the directory itself keeps its times if it was there.
    func copyContents(_ entries: [CopyEntry]) throws {
        for entry in entries { try copy(entry, as: entry.target) }
        for (path, time) in directories.reversed() {
            try folder(path.parent).setTimes(of: FileName(path.last ?? [46]), modified: time)
        }
    }

    /// Copies a source that is no directory under a name.
    func copyFile(_ entry: CopyEntry, as name: [UInt8]) throws {
        try copy(entry, as: RootPath(names: [name]))
    }

    private func copy(_ entry: CopyEntry, as target: RootPath) throws {
        let folder = try folder(target.parent)
        let name = FileName(target.last ?? [])
        if entry.status.kind == .directory { return try copyDirectory(entry, name, in: folder) }
        if let existing = try folder.statusIfPresent(of: name) {
            guard existing.kind != .directory else {
                throw ExecutionError.copyOverDirectory(place.appending(target).description)
            }
            try folder.unlink(name)
        }
        if try isLinked(entry, as: target, name, in: folder) { return }
        switch entry.status.kind {
        case .regular: try copyRegular(entry, name, in: folder)
        case .symlink: try copyLink(entry, name, in: folder)
        case .fifo, .characterDevice, .blockDevice:
            try folder.makeNode(
                name, kind: entry.status.kind, mode: 0o600, major: entry.status.deviceMajor,
                minor: entry.status.deviceMinor)
            try finish(entry, folder.open(name, [.pathOnly, .noFollow]))
        case .directory, .socket: break
        }
        try folder.setTimes(of: name, modified: entry.status.modified)
    }

    private func copyDirectory(_ entry: CopyEntry, _ name: FileName, in folder: OpenFile) throws {
        if let existing = try folder.statusIfPresent(of: name) {
            guard existing.kind == .directory else {
                throw ExecutionError.copyOntoNonDirectory(place.appending(entry.target).description)
            }
        } else {
            try folder.makeDirectory(name, mode: 0o700)
        }
        try finish(entry, folder.open(name, [.read, .directory, .noFollow]))
        directories.append((entry.target, entry.status.modified))
    }

    private func copyRegular(_ entry: CopyEntry, _ name: FileName, in folder: OpenFile) throws {
        let source = try tree.open(entry.source, [.read, .noFollow])
        let target = try folder.open(name, [.write, .create, .exclusive, .noFollow], mode: 0o600)
        if entry.status.size > Int64(buffer.count) {
            try source.copyContent(to: target)
        } else {
            while case let count = try source.read(into: buffer), count > 0 {
                try target.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
        try checkUnchanged(entry, source)
        try finish(entry, target)
    }

    /// A file that is written to between its listing and its copy would end up in the cache under a content it has not.
    private func checkUnchanged(_ entry: CopyEntry, _ source: OpenFile) throws {
        guard !tree.keepsMetadata else { return }
        let status = try source.status()
        guard status.modified == entry.status.modified, status.size == entry.status.size else {
            throw ExecutionError.sourceChanged(entry.source.description)
        }
    }

    private func copyLink(_ entry: CopyEntry, _ name: FileName, in folder: OpenFile) throws {
        try folder.makeSymlink(name, target: FileName(entry.linkTarget ?? []))
        let owner = owner(of: entry)
        if owner != .root { try folder.setOwner(of: name, uid: owner.uid, gid: owner.gid) }
    }

    /// Whether an earlier entry was the same file: then this is a second name for its copy.
    private func isLinked(
        _ entry: CopyEntry, as target: RootPath, _ name: FileName, in folder: OpenFile
    ) throws -> Bool {
        guard entry.status.linkCount > 1, entry.status.kind != .directory else { return false }
        let link = Link(device: entry.status.device, inode: entry.status.inode)
        guard let first = linked[link] else {
            linked[link] = target
            return false
        }
        let source = try base.openWithoutLinks(FileName(first.bytes), [.pathOnly, .noFollow])
        try folder.makeHardLink(name, to: source)
        return true
    }

    /// Owner, then mode (changing the owner clears setuid), then attributes (changing the mode may clear none).
    private func finish(_ entry: CopyEntry, _ file: OpenFile) throws {
        let owner = owner(of: entry)
        try file.setOwner(uid: owner.uid, gid: owner.gid)
        let isDirectory = entry.status.kind == .directory
        let mode = entry.status.permissions
        try file.setPermissions(attributes.mode?.apply(to: mode, isDirectory: isDirectory) ?? mode)
        if tree.keepsMetadata { try copyExtendedAttributes(entry, to: file) }
    }

    private func copyExtendedAttributes(_ entry: CopyEntry, to file: OpenFile) throws {
        let source = try tree.open(entry.source, [.pathOnly, .noFollow])
        for name in try source.extendedAttributeNames() {
            let text = name.description
            guard text.hasPrefix("user.") || text == "security.capability" || text.hasPrefix("system.posix_acl_") else {
                continue
            }
            if let value = try source.extendedAttribute(name) { try file.setExtendedAttribute(name, value) }
        }
    }

    private func owner(of entry: CopyEntry) -> Owner {
        if let owner = attributes.owner { return owner }
        return tree.keepsMetadata ? Owner(uid: entry.status.uid, gid: entry.status.gid) : .root
    }

    private func folder(_ path: RootPath) throws -> OpenFile {
        if path == current.path { return current.folder }
        let folder = try path == .root ? base : base.openWithoutLinks(FileName(path.bytes), [.read, .directory])
        current = (path, folder)
        return folder
    }
}
