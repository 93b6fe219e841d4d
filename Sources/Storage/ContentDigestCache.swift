public import FileSystem
public import OCI

/// A file whose content is to be digested.
public struct ContentFile: Hashable, Sendable {
    /// Relative to the context, without links on the way.
    public var path: FileName
    public var status: FileStatus

    public init(path: FileName, status: FileStatus) {
        self.path = path
        self.status = status
    }
}

/// Remembers the digests of files' contents, so that an unchanged context is keyed without being read.
///
/// An entry holds as long as device, inode, size and both times are the same. Several images may use one context at once:
/// what they learned is merged when they save; what nobody used for a month is forgotten. Not for two threads at once.
public final class ContentDigestCache {
    /// A file that changed this recently may change again within the same tick of the kernel's clock: its digest is not
    /// remembered.
    private static let tickInNanoseconds: Int64 = 20_000_000
    private static let lifeInDays: Int64 = 30
    /// The day of last use is only written anew after so many days, so that an unchanged context writes nothing.
    private static let refreshInDays: Int64 = 7

    private let folder: OpenFile
    private let temporary: OpenFile
    private let name: FileName
    private let today = FileTime.now.seconds / 86_400
    private var known: ContentDigestFile
    private var isUsed: [Bool]
    private var learned: [FileID: ContentDigestFile.Record] = [:]

    private struct FileID: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    /// Loads what is known of a context; `context` is its absolute path.
    public init(_ state: StateFolder, context: String) throws(StorageError) {
        folder = try state.open(state.contentDigests)
        temporary = try state.open(state.temporary)
        name = FileName(Digest(of: context.utf8).hex)
        known = try Self.load(name, in: folder)
        isUsed = [Bool](repeating: false, count: known.count)
    }

    /// The digest of a file's content; `open` is called only when it is not known.
    public func digest(of status: FileStatus, open: () throws -> OpenFile) throws -> Digest {
        if let digest = remembered(status) { return digest }
        let start = FileTime.now
        var hasher = ContentHasher()
        let digest = try hasher.digest(of: open())
        learn(status, digest, at: start)
        return digest
    }

    /// The digests of many files' contents, in their order; those that are not known are read on all processors.
    public func digests(of files: [ContentFile], below context: OpenFile) throws -> [Digest] {
        var digests = files.map { remembered($0.status) }
        let missing = digests.indices.filter { digests[$0] == nil }
        let start = FileTime.now
        let found = try ContentReading(files: missing.map { files[$0].path }, context: context).digests()
        for (place, digest) in zip(missing, found) {
            digests[place] = digest
            learn(files[place].status, digest, at: start)
        }
        return digests.compactMap { $0 }
    }

    private func remembered(_ status: FileStatus) -> Digest? {
        let stamp = ContentStamp(status)
        if let record = learned[FileID(device: stamp.device, inode: stamp.inode)], record.stamp == stamp {
            return Digest(raw: Array(record.digest))
        }
        guard let place = known.find(device: stamp.device, inode: stamp.inode) else { return nil }
        let record = known.record(place)
        guard record.stamp == stamp else { return nil }
        isUsed[place] = true
        return Digest(raw: Array(record.digest))
    }

    /// `start`: before the first byte was read.
    private func learn(_ status: FileStatus, _ digest: Digest, at start: FileTime) {
        guard start.nanoseconds(since: status.changed) > Self.tickInNanoseconds else { return }
        learned[FileID(device: status.device, inode: status.inode)] = ContentDigestFile.Record(
            stamp: ContentStamp(status), day: today, digest: digest.raw[...])
    }

    /// Keeps what was learned, for the next build.
    public func save() throws(StorageError) {
        let old = today - Self.refreshInDays
        let isStale = isUsed.indices.contains { isUsed[$0] && known.record($0).day < old }
        guard isStale || !learned.isEmpty else { return }
        try storing("locking content digests") { () throws(SystemError) in try folder.lock(waiting: true) }
        defer { unlock() }
        let bytes = ContentDigestFile.encode(merged(with: try Self.load(name, in: folder)))
        try storing("writing content digests") { () throws(SystemError) in
            try folder.replaceFile(name, with: bytes, through: temporary)
        }
        known = ContentDigestFile(bytes)
        isUsed = [Bool](repeating: false, count: known.count)
        learned = [:]
    }

    /// What others kept meanwhile, what was used and what was learned.
    private func merged(with others: ContentDigestFile) -> [ContentDigestFile.Record] {
        var records = learned
        for place in isUsed.indices where isUsed[place] {
            var record = known.record(place)
            record.day = today
            let id = FileID(device: record.stamp.device, inode: record.stamp.inode)
            if records[id] == nil { records[id] = record }
        }
        for place in 0..<others.count {
            let record = others.record(place)
            let id = FileID(device: record.stamp.device, inode: record.stamp.inode)
            if record.day >= today - Self.lifeInDays, records[id] == nil { records[id] = record }
        }
        return Array(records.values)
    }

    private func unlock() {
        do throws(SystemError) {
            try folder.unlock()
        } catch {
            preconditionFailure("an open file can be unlocked: \(error)")
        }
    }

    private static func load(_ name: FileName, in folder: OpenFile) throws(StorageError) -> ContentDigestFile {
        ContentDigestFile(
            try storing("reading content digests") { () throws(SystemError) in
                try folder.readSmallFile(name, limit: 1 << 30)
            } ?? [])
    }
}

extension FileTime {
    /// Nanoseconds from an earlier moment to this one, at most some days.
    fileprivate func nanoseconds(since earlier: FileTime) -> Int64 {
        let seconds = min(max(self.seconds - earlier.seconds, -1_000_000), 1_000_000)
        return seconds * 1_000_000_000 + Int64(nanoseconds - earlier.nanoseconds)
    }
}
