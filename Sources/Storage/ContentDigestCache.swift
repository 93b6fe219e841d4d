public import FileSystem
public import OCI

/// Remembers the digests of files' contents, so that an unchanged context is keyed without being read.
///
/// An entry holds as long as device, inode, size and both times are the same. One file a context: records of 88 bytes,
/// native byte order, behind a header; a file that does not fit is taken for empty. Not for two threads at once.
public final class ContentDigestCache {
    private struct Key: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    private struct Entry {
        var size: Int64
        var modified: FileTime
        var changed: FileTime
        var raw: [UInt8]
    }

    /// A file that changed this recently may change again within the same tick of its clock: it is not remembered.
    private static let tickInNanoseconds: Int64 = 20_000_000
    private static let header: [UInt8] = Array("build-all content 1\n".utf8)
    private static let recordSize = 88

    private let folder: OpenFile
    private let name: FileName
    private var entries: [Key: Entry]
    private var used: Set<Key> = []
    private var isChanged = false

    /// Loads what is known of a context; `context` is its absolute path.
    public init(_ state: StateFolder, context: String) throws(StorageError) {
        let folder = try state.open(state.contentDigests)
        let name = FileName(Digest(of: context.utf8).hex)
        self.folder = folder
        self.name = name
        let bytes = try storing("reading content digests") { () throws(SystemError) in try folder.readSmallFile(name) }
        entries = Self.decode(bytes ?? [])
    }

    /// The digest of a file's content; `open` is called only when it is not known.
    public func digest(of status: FileStatus, open: () throws -> OpenFile) throws -> Digest {
        let key = Key(device: status.device, inode: status.inode)
        used.insert(key)
        if let entry = entries[key], entry.size == status.size, entry.modified == status.modified,
            entry.changed == status.changed
        {
            return Digest(raw: entry.raw)
        }
        let before = FileTime.now
        let digest = try Self.digest(of: open())
        isChanged = true
        let isSettled = before.nanoseconds(since: status.changed) > Self.tickInNanoseconds
        entries[key] =
            isSettled
            ? Entry(size: status.size, modified: status.modified, changed: status.changed, raw: digest.raw) : nil
        return digest
    }

    /// Keeps what was used this time and forgets the rest.
    public func save() throws(StorageError) {
        guard isChanged || used.count != entries.count else { return }
        var bytes = Self.header
        bytes.reserveCapacity(bytes.count + used.count * Self.recordSize)
        for key in used {
            guard let entry = entries[key] else { continue }
            for number in [key.device, key.inode, UInt64(bitPattern: entry.size)] { bytes.append(number) }
            for time in [entry.modified, entry.changed] {
                bytes.append(UInt64(bitPattern: time.seconds))
                bytes.append(UInt64(time.nanoseconds))
            }
            bytes += entry.raw
        }
        try storing("writing content digests") { () throws(SystemError) in try folder.replaceFile(name, with: bytes) }
    }

    private static func digest(of file: OpenFile) throws -> Digest {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
        defer { buffer.deallocate() }
        var hasher = SHA256()
        while case let count = try file.read(into: buffer), count > 0 {
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        return hasher.finalize()
    }

    private static func decode(_ bytes: [UInt8]) -> [Key: Entry] {
        guard bytes.starts(with: header), (bytes.count - header.count) % recordSize == 0 else { return [:] }
        var entries: [Key: Entry] = [:]
        entries.reserveCapacity((bytes.count - header.count) / recordSize)
        bytes.withUnsafeBytes { buffer in
            for start in stride(from: header.count, to: bytes.count, by: recordSize) {
                func number(_ place: Int) -> UInt64 {
                    buffer.loadUnaligned(fromByteOffset: start + place * 8, as: UInt64.self)
                }
                func time(_ place: Int) -> FileTime {
                    FileTime(
                        seconds: Int64(bitPattern: number(place)),
                        nanoseconds: Int32(truncatingIfNeeded: number(place + 1)))
                }
                entries[Key(device: number(0), inode: number(1))] = Entry(
                    size: Int64(bitPattern: number(2)), modified: time(3), changed: time(5),
                    raw: Array(buffer[(start + 56)..<(start + recordSize)]))
            }
        }
        return entries
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ number: UInt64) {
        Swift.withUnsafeBytes(of: number) { append(contentsOf: $0) }
    }
}

extension FileTime {
    /// Nanoseconds from an earlier moment to this one.
    fileprivate func nanoseconds(since earlier: FileTime) -> Int64 {
        let seconds = (self.seconds - earlier.seconds).clamped(to: -1_000_000...1_000_000)
        return seconds * 1_000_000_000 + Int64(nanoseconds - earlier.nanoseconds)
    }
}

extension Int64 {
    fileprivate func clamped(to range: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
