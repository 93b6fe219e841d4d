internal import CLinux
internal import Glibc

extension OpenFile {
    /// Removes a name below this directory with all that is in it; a name that does not exist is no error.
    ///
    /// What is mounted in the tree is not gone into, and ends the removal (EXDEV, EBUSY).
    ///
    /// Works by descriptors, of which it holds two however deep the tree is; no link is followed, and a directory that
    /// is moved elsewhere meanwhile ends the removal (ESTALE). A directory that its owner may not write is made
    /// writable first. What cannot be removed ends it too; the rest of the tree then stays. Several may remove one tree at
    /// once.
    public func removeTree(_ name: FileName) throws(SystemError) {
        while let status = try statusIfPresent(of: name) {
            do {
                guard status.kind == .directory else { return try unlink(name) }
                var removal = try TreeRemoval(of: name, in: self)
                while try removal.step() {}
                return try removeDirectory(name)
            } catch {
                // Somebody else was faster: what is left is looked for from the top.
                guard error.isNotFound else { throw error }
            }
        }
    }
}

/// A walk down into the folders of a tree and back up by `..`, that leaves nothing behind.
private struct TreeRemoval {
    /// A directory on the way down: its files are gone, these folders are not.
    private struct Level {
        var name: FileName
        var device: UInt64
        var inode: UInt64
        var folders: [FileName]
    }

    private var levels: [Level] = []
    /// The deepest level.
    private var current: OpenFile

    init(of name: FileName, in parent: OpenFile) throws(SystemError) {
        current = parent
        try enter(name)
    }

    /// Goes down into a folder or up out of one that is empty; false when the tree's own directory is empty.
    mutating func step() throws(SystemError) -> Bool {
        guard let last = levels.indices.last else { return false }
        if let folder = levels[last].folders.popLast() {
            try enter(folder)
            return true
        }
        let left = levels.removeLast()
        guard let above = levels.last else { return false }
        current = try current.open("..", [.read, .directory])
        let status = try current.status()
        guard status.inode == above.inode, status.device == above.device else {
            throw SystemError(call: "openat", code: ESTALE, path: "\(left.name)/..")
        }
        try current.removeDirectory(left.name)
        return true
    }

    private mutating func enter(_ name: FileName) throws(SystemError) {
        let handle = try current.openInMount(name, [.pathOnly, .directory, .noFollow])
        let status = try handle.status()
        if status.permissions & 0o700 != 0o700 { try handle.setPermissions(0o700) }
        current = try handle.open(".", [.read, .directory])
        levels.append(
            Level(name: name, device: status.device, inode: status.inode, folders: try Self.removeFiles(in: current)))
    }

    /// The folders that are left.
    private static func removeFiles(in folder: OpenFile) throws(SystemError) -> [FileName] {
        var folders: [FileName] = []
        for entry in try folder.entries() {
            if try isDirectory(entry, in: folder) { folders.append(entry.name) } else { try folder.unlink(entry.name) }
        }
        return folders
    }

    private static func isDirectory(_ entry: DirectoryEntry, in folder: OpenFile) throws(SystemError) -> Bool {
        if let kind = entry.kind { return kind == .directory }
        return try folder.status(of: entry.name).kind == .directory
    }
}
