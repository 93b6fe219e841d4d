internal import FileSystem
internal import Glibc
public import OCI
internal import SystemPackage

/// What was done at the start of a run to make the store sound again.
public struct SweepReport: Hashable, Sendable {
    /// Leftovers of interrupted runs that are still there, for `removeLeftovers`; relative to the state folder.
    public var pending: [String] = []
    /// Those that this user may not remove: they belong to subordinate ids and need a user namespace.
    public var foreign: [String] = []
    /// Unpacked layers and blobs that may have been cut short by a power loss, and were dropped.
    public var droppedLayers = 0
    public var droppedBlobs: [Digest] = []
    /// Trees of repositories and archives, of which the same is true.
    public var droppedContexts = 0

    /// Nothing was left, nothing is suspect.
    public init() {}
}

extension StateFolder {
    /// Removes what interrupted runs left, and after a reboot what may not have reached the disk. The caller holds the
    /// run lock, so nobody else uses the store.
    ///
    /// With `removingLater` the leftovers only are listed: to remove 20,000 files takes a disk up to twenty seconds, and
    /// new ones are slow to make just after it. They are in nobody's way; hand them to `removeLeftovers` at the end.
    public func sweep(removingLater: Bool = false) throws(StorageError) -> SweepReport {
        var report = SweepReport()
        if let since = try suspectSince() { try dropSuspects(since, &report) }
        report.pending = try leftovers()
        guard !removingLater else { return report }
        report.foreign = try removeLeftovers(report.pending)
        report.pending = []
        return report
    }

    /// Removes what processes of this run left that were killed; nobody else uses the store any more, but `synchronize`
    /// may still be at work, and its draft is spared. Returns what this user may not remove.
    public func sweepAfterKills() throws(StorageError) -> [String] {
        try removeLeftovers(leftovers().filter { !$0.hasPrefix("tmp/\(SyncMark.name)-") })
    }

    /// Removes what `sweep` listed; returns what this user may not remove. Blocks as long as the disk takes, and may go
    /// on while a run uses the store. What is gone already is no error.
    public func removeLeftovers(_ names: [String]) throws(StorageError) -> [String] {
        var foreign: [String] = []
        for name in names {
            let path = root.appending(name)
            guard let last = path.lastComponent else { continue }
            let folder = try open(path.removingLastComponent())
            try storing("sweeping \(path)") { () throws(SystemError) in
                do throws(SystemError) {
                    try folder.removeTree(FileName(last.string))
                } catch {
                    guard error.code == EACCES || error.code == EPERM else { throw error }
                    foreign.append(name)
                }
            }
        }
        return foreign
    }

    /// What has no final name: all of `tmp/` and `locks/`, and dropped layers that could not leave their folder.
    private func leftovers() throws(StorageError) -> [String] {
        try names(in: temporary) { _ in true } + names(in: locks) { _ in true }
            + names(in: layers) { $0.starts(with: Self.droppedPrefix) }
    }

    private func names(in path: FilePath, _ isLeftover: ([UInt8]) -> Bool) throws(StorageError) -> [String] {
        let folder = try open(path)
        let entries = try storing("listing \(path)") { () throws(SystemError) in try folder.entries() }
        let parent = path.lastComponent?.string ?? ""
        return entries.filter { isLeftover($0.name.bytes) }.map { "\(parent)/\($0.name)" }.sorted()
    }
}
