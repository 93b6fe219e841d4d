internal import FileSystem
internal import Glibc
internal import OCI
internal import SystemPackage

extension StateFolder {
    static let droppedPrefix = Array("dropped-".utf8)
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
    func suspectSince() throws(StorageError) -> FileTime? {
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

    /// Layers and what was fetched for contexts cannot be verified, and come again from where they came; blobs are verified.
    func dropSuspects(_ since: FileTime, _ report: inout SweepReport) throws(StorageError) {
        let layerFolder = try open(layers)
        let drafts = try open(temporary)
        let blobFolder = try open(blobs)
        try storing("checking the store after a reboot") { () throws(SystemError) in
            for entry in try layerFolder.entries() where try layerFolder.status(of: entry.name).changed >= since {
                try Self.moveAside(entry.name, in: layerFolder, to: drafts)
                report.droppedLayers += 1
            }
            for kind in ["git", "archives"] {
                report.droppedContexts += try Self.dropContexts(contexts.appending(kind), since, to: drafts)
            }
            for entry in try blobFolder.entries() where try blobFolder.status(of: entry.name).changed >= since {
                guard try !Self.isIntact(entry.name, in: blobFolder) else { continue }
                try blobFolder.unlink(entry.name)
                if let digest = Self.digest(named: entry.name) { report.droppedBlobs.append(digest) }
            }
        }
    }

    private static func dropContexts(
        _ path: FilePath, _ since: FileTime, to temporary: OpenFile
    ) throws(SystemError) -> Int {
        let folder: OpenFile
        do {
            folder = try OpenFile.open(path.string, [.read, .directory])
        } catch {
            guard error.isNotFound else { throw error }
            return 0
        }
        var count = 0
        for entry in try folder.entries() where try folder.status(of: entry.name).changed >= since {
            try folder.rename(
                entry.name, to: FileName(droppedPrefix + OpenFile.temporaryName("context").bytes), in: temporary)
            count += 1
        }
        return count
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
struct SyncMark {
    static let name: FileName = "synced"

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
