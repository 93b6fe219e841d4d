internal import FileSystem

/// Which entries of a source are one file with several names.
struct LinkGroups {
    private struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    private var firsts: [Identity: RootPath] = [:]

    /// Where the file was first met, if that was under another name.
    mutating func first(of entry: CopyEntry) -> RootPath? {
        guard entry.status.linkCount > 1, entry.status.kind != .directory else { return nil }
        let identity = Identity(device: entry.status.device, inode: entry.status.inode)
        if let first = firsts[identity] { return first }
        firsts[identity] = entry.target
        return nil
    }
}
