internal import CLinux
internal import Glibc

extension OpenFile {
    /// Removes a name below this directory with all that is in it; a name that does not exist is no error.
    ///
    /// Works by descriptors: depth is bounded by memory, not by the longest path, and no link is followed. A directory
    /// that its owner may not write is made writable first.
    public func removeTree(_ name: FileName) throws(SystemError) {
        guard let status = try statusIfPresent(of: name) else { return }
        guard status.kind == .directory else { return try unlink(name) }
        var stack = [Level(parent: self, name: name)]
        while let level = stack.last {
            if let folder = try level.nextFolder() {
                stack.append(folder)
            } else {
                stack.removeLast()
                try level.parent.removeDirectory(level.name)
            }
        }
    }

    private func isDirectory(_ entry: DirectoryEntry) throws(SystemError) -> Bool {
        if let kind = entry.kind { return kind == .directory }
        return try status(of: entry.name).kind == .directory
    }

    /// One directory under removal: its files are gone once its folders are asked for.
    private final class Level {
        let parent: OpenFile
        let name: FileName
        private var folder: OpenFile?
        private var pending: [FileName] = []

        init(parent: OpenFile, name: FileName) {
            self.parent = parent
            self.name = name
        }

        func nextFolder() throws(SystemError) -> Level? {
            if folder == nil { folder = try enter() }
            guard let folder, let name = pending.popLast() else { return nil }
            return Level(parent: folder, name: name)
        }

        private func enter() throws(SystemError) -> OpenFile {
            let folder = try openWritable()
            for entry in try folder.entries() {
                if try folder.isDirectory(entry) { pending.append(entry.name) } else { try folder.unlink(entry.name) }
            }
            return folder
        }

        private func openWritable() throws(SystemError) -> OpenFile {
            let handle = try parent.open(name, [.pathOnly, .directory, .noFollow])
            if try handle.status().permissions & 0o700 != 0o700 { try handle.setPermissions(0o700) }
            return try handle.open(".", [.read, .directory])
        }
    }
}
