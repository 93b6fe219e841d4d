internal import FileSystem

/// How a tree looked at a moment: what statx(2) says of all that is in it. Nothing is read.
final class TreeSnapshot: Sendable {
    let root: SnapshotFolder

    /// Nothing of what is kept is in it.
    init(_ tree: OpenFile, without kept: KeptPaths? = nil) throws {
        let root = SnapshotFolder(try kept?.status(of: .root, tree.status()) ?? tree.status())
        // Folders on the way down, each with the numbers of those in it that are still to be gone into, and its path where
        // something may be kept in it.
        var open: [(folder: SnapshotFolder, numbers: [Int], path: RootPath?)] = []
        try tree.walk { (file) throws(SystemError) in
            let folder: SnapshotFolder
            var path: RootPath? = kept == nil ? nil : .root
            if let last = open.indices.last, let number = open[last].numbers.popLast() {
                let entry = open[last].folder.entries[number]
                folder = SnapshotFolder(entry.status)
                open[last].folder.folders[number] = folder
                path = open[last].path?.appending(entry.name.bytes)
                if let here = path, kept?.place(of: here) != .above { path = nil }
            } else {
                folder = root
            }
            try folder.list(file, below: path, without: kept)
            let numbers = folder.entries.indices.filter { folder.entries[$0].status.kind == .directory }
            open.append((folder, numbers, path))
            return numbers.map { folder.entries[$0].name }
        } leave: { (_) throws(SystemError) in
            open.removeLast()
        }
        self.root = root
    }
}

/// A folder of a snapshot.
final class SnapshotFolder: @unchecked Sendable {
    // Safe because nothing changes once the walk is over.
    struct Entry {
        var name: FileName
        var status: FileStatus
    }

    let status: FileStatus
    /// Sorted by name.
    fileprivate(set) var entries: [Entry] = []
    /// By the number of the entry.
    fileprivate(set) var folders: [Int: SnapshotFolder] = [:]

    init(_ status: FileStatus) { self.status = status }

    /// `path`: of a folder in which something may be kept.
    fileprivate func list(
        _ folder: OpenFile, below path: RootPath?, without kept: KeptPaths?
    ) throws(SystemError) {
        for entry in try folder.entries() {
            // What is gone between two calls was never there: nothing runs in the tree any more.
            guard var status = try folder.statusIfPresent(of: entry.name) else { continue }
            if let kept, let path = path?.appending(entry.name.bytes) {
                if kept.place(of: path) == .kept { continue }
                status = try kept.status(of: path, status)
            }
            entries.append(Entry(name: entry.name, status: status))
        }
        entries.sort { $0.name < $1.name }
    }

    func number(of name: FileName) -> Int? {
        let place = entries.partitionPoint { !($0.name < name) }
        return place < entries.endIndex && entries[place].name == name ? place : nil
    }
}

extension FileStatus {
    /// Whether it is the file that it was, whatever has happened to it since: numbers of inodes come again, with another
    /// time of birth.
    func isSameFile(as other: FileStatus) -> Bool {
        inode == other.inode && device == other.device && kind == other.kind && born == other.born
    }

    /// Whether nothing has happened to it: no way of changing a file leaves the time of its change.
    func isUnchanged(from other: FileStatus) -> Bool {
        isSameFile(as: other) && changed == other.changed && modified == other.modified && size == other.size
            && permissions == other.permissions && uid == other.uid && gid == other.gid
            && deviceMajor == other.deviceMajor && deviceMinor == other.deviceMinor
    }
}
