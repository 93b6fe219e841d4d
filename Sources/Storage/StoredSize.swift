public import FileSystem

/// What trees take on the disk; a file with several names counts once, and what is mounted in them does not.
public struct StoredSize: Sendable {
    private struct File: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    public private(set) var bytes: Int64 = 0
    /// Files, folders and all else that has a name.
    public private(set) var entries: Int64 = 0
    /// False when folders were closed to this user, or were moved or removed meanwhile: then there may be more.
    public private(set) var isComplete = true
    private var linked: Set<File> = []

    public init() {}

    /// Adds what is below a folder, that others may change meanwhile. Ends early, and incomplete, past `most` bytes.
    public mutating func add(_ folder: OpenFile, most: Int64 = .max) throws(SystemError) {
        var left = 1
        let device = try folder.status().device
        try folder.walk(tolerant: true) { (folder) throws(SystemError) in
            left -= 1
            if bytes > most { return [] }
            let folders = try addEntries(of: folder, on: device)
            left += folders.count
            return folders
        }
        if left > 0 || bytes > most { isComplete = false }
    }

    /// The folders among them.
    private mutating func addEntries(of folder: OpenFile, on device: UInt64) throws(SystemError) -> [FileName] {
        var folders: [FileName] = []
        for entry in try folder.entries() {
            guard let status = try folder.statusIfPresent(of: entry.name) else { continue }
            if status.kind == .directory, status.device != device { continue }
            entries += 1
            if status.kind == .directory { folders.append(entry.name) }
            if isCounted(status) { bytes += status.storedSize }
        }
        return folders
    }

    private mutating func isCounted(_ status: FileStatus) -> Bool {
        status.kind == .directory || status.linkCount == 1
            || linked.insert(File(device: status.device, inode: status.inode)).inserted
    }
}
