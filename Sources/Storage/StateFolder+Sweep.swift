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

// MARK: - Power loss

extension StateFolder {
    private static let droppedPrefix = Array("dropped-".utf8)
    /// Clocks are set: what is this much older than the mark is suspect too.
    private static let slackInSeconds: Int64 = 600

    /// Writes the store to the disk and, when that is done, notes the moment up to which all is safe.
    ///
    /// Blocks for as long as the disk takes, so call it from a thread of its own, after `sweep`. Mostly returns at once:
    /// when nothing was stored since the last time, and when that was so short ago that the kernel has not yet begun to
    /// write it by itself. A build never waits for the disk: what was written after the last such moment is suspect
    /// after a reboot, and only then.
    public func synchronize() throws(StorageError) {
        let start = FileTime.now
        let folder = try open(root)
        guard try isSynchronizationDue(folder, at: start) else { return }
        let drafts = try open(temporary)
        try storing("synchronizing \(root)") { () throws(SystemError) in
            try folder.synchronizeFileSystem()
            try SyncMark(bootID: Self.bootID(), seconds: start.seconds).write(to: folder, through: drafts)
        }
    }

    /// A process cannot end while a thread of it waits for the disk. The kernel writes within half a minute what it has
    /// (`vm.dirty_expire_centisecs`); after that the call costs next to nothing.
    private static let settlingInSeconds: Int64 = 60
    /// A folder in which something is stored every minute is not put off for longer than this.
    private static let patienceInSeconds: Int64 = 3600

    /// A blob or layer that gets its name changes the time of the folder it is in.
    private func isSynchronizationDue(_ folder: OpenFile, at now: FileTime) throws(StorageError) -> Bool {
        let stores = [try open(blobs), try open(layers)]
        return try storing("reading \(synced)") { () throws(SystemError) in
            guard let mark = try SyncMark(in: folder), try mark.bootID == Self.bootID() else { return true }
            var newest: Int64 = .min
            for store in stores { newest = max(newest, try store.status().modified.seconds) }
            if newest < mark.seconds - 1 { return false }
            return newest < now.seconds - Self.settlingInSeconds || mark.seconds < now.seconds - Self.patienceInSeconds
        }
    }

    /// The moment since which files may be damaged; nil while the machine has not been rebooted since the last mark.
    private func suspectSince() throws(StorageError) -> FileTime? {
        let folder = try open(root)
        let drafts = try open(temporary)
        return try storing("reading \(synced)") { () throws(SystemError) in
            let boot = try Self.bootID()
            guard let mark = try SyncMark(in: folder) else {
                // A new state folder: nothing in it is older than this boot.
                try SyncMark(bootID: boot, seconds: FileTime.now.seconds).write(to: folder, through: drafts)
                return nil
            }
            return mark.bootID == boot ? nil : FileTime(seconds: mark.seconds - Self.slackInSeconds)
        }
    }

    /// Layers cannot be verified and are unpacked again from their blobs; blobs are verified.
    private func dropSuspects(_ since: FileTime, _ report: inout SweepReport) throws(StorageError) {
        let layerFolder = try open(layers)
        let drafts = try open(temporary)
        let blobFolder = try open(blobs)
        try storing("checking the store after a reboot") { () throws(SystemError) in
            for entry in try layerFolder.entries() where try layerFolder.status(of: entry.name).changed >= since {
                try Self.moveAside(entry.name, in: layerFolder, to: drafts)
                report.droppedLayers += 1
            }
            for entry in try blobFolder.entries() where try blobFolder.status(of: entry.name).changed >= since {
                guard try !Self.isIntact(entry.name, in: blobFolder) else { continue }
                try blobFolder.unlink(entry.name)
                if let digest = Self.digest(named: entry.name) { report.droppedBlobs.append(digest) }
            }
        }
    }

    /// A directory of another owner, as a subordinate id is, can be renamed but not moved: its `..` would change.
    private static func moveAside(
        _ name: FileName, in folder: OpenFile, to temporary: OpenFile
    ) throws(SystemError) {
        guard !name.bytes.starts(with: droppedPrefix) else { return }
        let newName = FileName(droppedPrefix + OpenFile.temporaryName("layer").bytes)
        do {
            try folder.rename(name, to: newName, in: temporary)
        } catch {
            guard error.code == EACCES || error.code == EPERM else { throw error }
            try folder.rename(name, to: newName, in: folder)
        }
    }

    private static func isIntact(_ name: FileName, in folder: OpenFile) throws(SystemError) -> Bool {
        var hasher = ContentHasher()
        return try hasher.digest(of: folder.open(name, [.read, .noFollow])).hex == name.description
    }

    private static func digest(named name: FileName) -> Digest? {
        do {
            return try Digest("sha256:\(name)")
        } catch {
            return nil
        }
    }

    private static func bootID() throws(SystemError) -> String {
        let file = try OpenFile.open("/proc/sys/kernel/random/boot_id", [.read])
        let bytes = try file.readAll(limit: 256) ?? []
        return String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
    }
}

/// The file `synced`: until when, in which boot of the machine, all that was stored is on the disk.
private struct SyncMark {
    private static let name: FileName = "synced"

    var bootID: String
    /// Since 1970.
    var seconds: Int64

    init(bootID: String, seconds: Int64) {
        self.bootID = bootID
        self.seconds = seconds
    }

    /// Nil if there is none; one that cannot be read says that nothing is known to be safe.
    init?(in folder: OpenFile) throws(SystemError) {
        guard let bytes = try folder.readSmallFile(Self.name) else { return nil }
        let fields = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        let seconds = fields.count == 2 ? Int64(fields[1]) : nil
        self.init(bootID: seconds == nil ? "" : String(fields[0]), seconds: seconds ?? 0)
    }

    func write(to folder: OpenFile, through temporary: OpenFile) throws(SystemError) {
        try folder.replaceFile(Self.name, with: Array("\(bootID) \(seconds)\n".utf8), through: temporary)
    }
}
