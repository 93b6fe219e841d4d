internal import FileSystem
internal import Glibc
public import OCI
internal import SystemPackage

/// What was done at the start of a run to make the store sound again.
public struct SweepReport: Hashable, Sendable {
    /// Names below `tmp/` that this user may not remove: they belong to subordinate ids and need a user namespace.
    public var foreign: [String] = []
    /// Unpacked layers and blobs that may have been cut short by a power loss, and were dropped.
    public var droppedLayers = 0
    public var droppedBlobs: [Digest] = []
}

extension StateFolder {
    /// Removes what interrupted runs left, and after a reboot what may not have reached the disk. The caller holds the
    /// run lock, so nobody else uses the store.
    public func sweep() throws(StorageError) -> SweepReport {
        var report = SweepReport()
        if let since = try suspectSince() { try dropSuspects(since, &report) }
        report.foreign = try emptyFolder(temporary)
        _ = try emptyFolder(locks)
        return report
    }

    /// Removes what is in a folder; the names of what belongs to others and stays.
    private func emptyFolder(_ path: FilePath) throws(StorageError) -> [String] {
        let folder = try open(path)
        return try storing("sweeping \(path)") { () throws(SystemError) in
            var foreign: [String] = []
            for entry in try folder.entries() {
                do throws(SystemError) {
                    try folder.removeTree(entry.name)
                } catch {
                    guard error.code == EACCES || error.code == EPERM else { throw error }
                    foreign.append(entry.name.description)
                }
            }
            return foreign
        }
    }

    // MARK: - Power loss

    /// Starts to write the store to the disk and, when that is done, notes the moment from which on all is safe.
    ///
    /// Blocks for as long as the disk takes: call it from a thread of its own. A build never waits for the disk; what
    /// was written since the last such moment is suspect after a reboot, and only then.
    public func synchronize() throws(StorageError) {
        let start = FileTime.now
        let folder = try open(root)
        try storing("synchronizing \(root)") { () throws(SystemError) in
            try folder.synchronizeFileSystem()
            try folder.replaceFile("synced", with: Array("\(Self.bootID()) \(start.seconds)\n".utf8))
        }
    }

    /// The moment since which files may be damaged; nil while the machine has not been rebooted since the last mark.
    private func suspectSince() throws(StorageError) -> FileTime? {
        let folder = try open(root)
        return try storing("reading \(synced)") { () throws(SystemError) in
            let boot = try Self.bootID()
            guard let mark = try folder.readSmallFile("synced") else {
                // A new state folder: nothing in it is older than this boot.
                try folder.replaceFile("synced", with: Array("\(boot) 0\n".utf8))
                return nil
            }
            let fields = String(decoding: mark, as: UTF8.self).split { $0 == " " || $0 == "\n" }
            if fields.first.map(String.init) == boot { return nil }
            let slackInSeconds: Int64 = 600
            return FileTime(seconds: (fields.count == 2 ? Int64(fields[1]) ?? 0 : 0) - slackInSeconds)
        }
    }

    private func dropSuspects(_ since: FileTime, _ report: inout SweepReport) throws(StorageError) {
        let layerFolder = try open(layers)
        let temporaryFolder = try open(temporary)
        let blobFolder = try open(blobs)
        try storing("checking the store after a reboot") { () throws(SystemError) in
            for entry in try layerFolder.entries() where try layerFolder.status(of: entry.name).changed >= since {
                try layerFolder.rename(entry.name, to: OpenFile.temporaryName("suspect"), in: temporaryFolder)
                report.droppedLayers += 1
            }
            for entry in try blobFolder.entries() where try blobFolder.status(of: entry.name).changed >= since {
                guard try !Self.isIntact(entry.name, in: blobFolder) else { continue }
                try blobFolder.unlink(entry.name)
                if let digest = Self.digest(named: entry.name) { report.droppedBlobs.append(digest) }
            }
        }
    }

    private static func isIntact(_ name: FileName, in folder: OpenFile) throws(SystemError) -> Bool {
        let file = try folder.open(name, [.read, .noFollow])
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var hasher = SHA256()
        while true {
            let count = try file.read(into: buffer)
            if count == 0 { return hasher.finalize().hex == name.description }
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
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
