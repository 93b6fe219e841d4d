internal import DockerfileFrontend
internal import FileSystem
internal import Layers
internal import SystemPackage

/// Copies one source into a directory of the destination.
final class TreeCopier {
    private let source: CopySource
    private let target: CopyTarget
    private let attributes: CopyAttributes
    private let base: TargetFolder
    /// Directories that were used last: entries come parents first, sorted.
    private var current: (path: RootPath, folder: TargetFolder)
    private var reading: (path: RootPath, folder: OpenFile)?
    private var links = LinkGroups()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 4096)

    init(_ source: CopySource, into folder: TargetFolder, of target: CopyTarget) {
        self.source = source
        self.target = target
        attributes = target.attributes
        base = folder
        current = (.root, folder)
    }

    deinit { buffer.deallocate() }

    /// Copies the contents of a directory source.
    func copyContents() throws {
        for entry in source.entries { try copy(entry, as: entry.target) }
    }

    /// Copies a source that is no directory under a name.
    func copy(_ entry: CopyEntry, as name: [UInt8]) throws {
        try copy(entry, as: RootPath(names: [name]))
    }

    private func copy(_ entry: CopyEntry, as path: RootPath) throws {
        let folder = try folder(path.parent)
        let name = FileName(path.last ?? [])
        if entry.status.kind == .directory { return try copyDirectory(entry, name, in: folder) }
        if entry.status.kind == .regular, entry.status.linkCount == 1, folder.isNew {
            return try copyRegular(entry, name, in: folder)
        }
        try makeRoom(for: name, in: folder)
        let place = try folder.writable()
        if try isLinked(entry, name, in: place) { return }
        switch entry.status.kind {
        case .regular: return try copyRegular(entry, name, in: folder)
        case .symlink: try copyLink(entry, name, in: place)
        case .fifo, .characterDevice, .blockDevice:
            try place.makeNode(
                name, kind: entry.status.kind, mode: 0o600, major: entry.status.deviceMajor,
                minor: entry.status.deviceMinor)
            try finish(entry, place.open(name, [.pathOnly, .noFollow]))
        case .directory, .socket: break
        }
        try place.setTimes(of: name, modified: entry.status.modified)
    }

    /// What the layers below have is hidden by what comes.
    private func makeRoom(for name: FileName, in folder: TargetFolder) throws {
        guard let existing = try folder.status(of: name) else { return }
        guard existing.kind != .directory else {
            throw ExecutionError.copyOverDirectory(folder.path.appending(name.bytes).description)
        }
        if try folder.writable().statusIfPresent(of: name) != nil { try folder.writable().unlink(name) }
    }

    private func copyDirectory(_ entry: CopyEntry, _ name: FileName, in folder: TargetFolder) throws {
        guard let existing = try folder.status(of: name) else {
            let made = try folder.making(name)
            try finish(entry, made.writable())
            return target.setTime(of: made, entry.status.modified)
        }
        guard existing.kind == .directory else {
            throw ExecutionError.copyOntoNonDirectory(folder.path.appending(name.bytes).description)
        }
        let place = try folder.entering(name)
        if entry.isParent { return try place.writable().setPermissions(entry.status.permissions) }
        try finish(entry, place.writable())
        target.setTime(of: place, entry.status.modified)
    }

    private func copyRegular(_ entry: CopyEntry, _ name: FileName, in folder: TargetFolder) throws {
        let copy = try make(name, mode: mode(of: entry), in: folder)
        switch source.origin {
        case .bytes(let bytes): try copy.writeAll(bytes)
        case .file(let path): try copyContent(entry, of: OpenFile.open(path.string, .read), to: copy)
        case .tree(let tree):
            let file = try open(entry, in: tree)
            try copyContent(entry, of: file, to: copy)
            if !tree.keepsMetadata { try checkUnchanged(entry, file) }
        }
        try finish(entry, copy, new: folder.newFiles(like: copy))
        try copy.setTimes(modified: entry.status.modified)
    }

    /// A new file. Where nothing was before, it is only looked for when it turns out to be there.
    private func make(_ name: FileName, mode: UInt16, in folder: TargetFolder) throws -> OpenFile {
        let flags: OpenFile.Flags = [.write, .create, .exclusive, .noFollow]
        let place = try folder.writable()
        do throws(SystemError) {
            return try place.open(name, flags, mode: mode & 0o777)
        } catch {
            guard error.isExisting else { throw error }
        }
        try makeRoom(for: name, in: folder)
        return try place.open(name, flags, mode: mode & 0o777)
    }

    private func copyContent(_ entry: CopyEntry, of file: OpenFile, to copy: OpenFile) throws {
        if entry.status.size > Int64(buffer.count) {
            try file.copyContent(to: copy)
        } else {
            var rest = entry.status.size
            while rest > 0, case let count = try file.read(into: buffer), count > 0 {
                try copy.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                rest -= Int64(count)
            }
        }
    }

    /// A file that is written to between its listing and its copy would end up in the cache under a content it has not.
    private func checkUnchanged(_ entry: CopyEntry, _ file: OpenFile) throws {
        let status = try file.status()
        guard status.modified == entry.status.modified, status.size == entry.status.size else {
            throw ExecutionError.sourceChanged(entry.source.description)
        }
    }

    private func copyLink(_ entry: CopyEntry, _ name: FileName, in place: OpenFile) throws {
        try place.makeSymlink(name, target: FileName(entry.linkTarget ?? []))
        let owner = owner(of: entry)
        if owner != .root { try place.setOwner(of: name, uid: owner.uid, gid: owner.gid) }
    }

    /// Whether an earlier entry was the same file: then this is a second name for its copy.
    private func isLinked(_ entry: CopyEntry, _ name: FileName, in place: OpenFile) throws -> Bool {
        guard let first = links.first(of: entry) else { return false }
        let copy = try base.writable().openWithoutLinks(FileName(first.bytes), [.pathOnly, .noFollow])
        try place.makeHardLink(name, to: copy)
        return true
    }

    /// Owner, then mode (changing the owner clears setuid), then attributes (changing the mode may clear none). `new`: how
    /// a file came to be that was made with its mode.
    private func finish(_ entry: CopyEntry, _ file: OpenFile, new: TargetFolder.NewFiles? = nil) throws {
        let owner = owner(of: entry)
        let mode = mode(of: entry)
        if new?.owner != owner { try file.setOwner(uid: owner.uid, gid: owner.gid) }
        if new?.hasDefaultACL != false || !ProcessMask.leaves(mode) { try file.setPermissions(mode) }
        if case .tree(let tree) = source.origin, tree.keepsMetadata {
            try file.copyAttributes(from: tree.open(entry.source, [.pathOnly, .noFollow]))
        }
    }

    private func mode(of entry: CopyEntry) -> UInt16 {
        let mode = entry.status.permissions
        return attributes.mode?.apply(to: mode, isDirectory: entry.status.kind == .directory) ?? mode
    }

    private func owner(of entry: CopyEntry) -> Owner {
        if let owner = attributes.owner { return owner }
        return source.keepsMetadata ? Owner(uid: entry.status.uid, gid: entry.status.gid) : .root
    }

    private func open(_ entry: CopyEntry, in tree: SourceTree) throws -> OpenFile {
        let parent = entry.source.parent
        let folder: OpenFile
        if let reading, reading.path == parent {
            folder = reading.folder
        } else {
            folder = try tree.open(parent, [.pathOnly, .directory])
            reading = (parent, folder)
        }
        return try folder.open(FileName(entry.source.last ?? []), [.read, .noFollow, .nonBlocking])
    }

    private func folder(_ path: RootPath) throws -> TargetFolder {
        if path == current.path { return current.folder }
        let folder =
            if path == .root {
                base
            } else if let name = path.last, path.parent == current.path {
                try current.folder.entering(FileName(name))
            } else {
                try base.reentering(path)
            }
        current = (path, folder)
        return folder
    }
}
