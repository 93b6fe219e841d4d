internal import FileSystem

/// How a tree looked at a moment: what statx(2) says of all that is in it. Nothing is read.
final class TreeSnapshot: Sendable {
    let root: SnapshotFolder

    init(_ tree: OpenFile) throws {
        let root = SnapshotFolder(try tree.status())
        // Folders on the way down, each with the numbers of those in it that are still to be gone into.
        var open: [(folder: SnapshotFolder, numbers: [Int])] = []
        try tree.walk { (file) throws(SystemError) in
            let folder: SnapshotFolder
            if let last = open.indices.last, let number = open[last].numbers.popLast() {
                folder = SnapshotFolder(open[last].folder.entries[number].status)
                open[last].folder.folders[number] = folder
            } else {
                folder = root
            }
            try folder.list(file)
            let numbers = folder.entries.indices.filter { folder.entries[$0].status.kind == .directory }
            open.append((folder, numbers))
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

    fileprivate func list(_ folder: OpenFile) throws(SystemError) {
        for entry in try folder.entries() {
            // What is gone between two calls was never there: nothing runs in the tree any more.
            guard let status = try folder.statusIfPresent(of: entry.name) else { continue }
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
