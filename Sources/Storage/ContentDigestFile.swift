internal import FileSystem
internal import OCI

/// A file of which the digest is known: which, and as of when.
struct ContentStamp: Hashable {
    var device: UInt64
    var inode: UInt64
    var size: Int64
    var modified: FileTime
    var changed: FileTime

    init(_ status: FileStatus) {
        device = status.device
        inode = status.inode
        size = status.size
        modified = status.modified
        changed = status.changed
    }
}

/// The file that keeps a context's content digests: a header, records of 88 bytes in native byte order sorted by device and
/// inode, and the digest of all that. It is searched as it is, without decoding.
struct ContentDigestFile {
    /// Words of 8 bytes: device, inode, size, seconds of both times, their nanoseconds together, the day of last use;
    /// then the digest.
    struct Record: Hashable {
        var stamp: ContentStamp
        /// Since 1970.
        var day: Int64
        /// 32 bytes.
        var digest: ArraySlice<UInt8>
    }

    private static let header: [UInt8] = Array("build-all content digests 2\n\0\0\0\0".utf8)
    private static let recordSize = 88
    private static let digestSize = 32

    private let bytes: [UInt8]
    let count: Int

    /// Takes what was read; anything that is not whole is taken for empty.
    init(_ bytes: [UInt8]) {
        let size = bytes.count - Self.header.count - Self.digestSize
        let isWhole =
            size >= 0 && size.isMultiple(of: Self.recordSize) && bytes.starts(with: Self.header)
            && Digest(of: bytes.dropLast(Self.digestSize)).raw.elementsEqual(bytes.suffix(Self.digestSize))
        self.bytes = isWhole ? bytes : []
        count = isWhole ? size / Self.recordSize : 0
    }

    /// Bytes for `init`.
    static func encode(_ records: [Record]) -> [UInt8] {
        var bytes = header
        bytes.reserveCapacity(header.count + records.count * recordSize + digestSize)
        for record in records.sorted(by: { $0.place < $1.place }) {
            for word in record.words { withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) } }
            bytes += record.digest
        }
        return bytes + Digest(of: bytes).raw
    }

    /// The place of a file's record, whatever its stamp is.
    func find(device: UInt64, inode: UInt64) -> Int? {
        var range = 0..<count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let found = (word(0, of: middle), word(1, of: middle))
            if found == (device, inode) { return middle }
            range = found < (device, inode) ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    func record(_ place: Int) -> Record {
        let start = Self.header.count + place * Self.recordSize + Self.recordSize - Self.digestSize
        let parts = word(5, of: place)
        return Record(
            stamp: ContentStamp(
                device: word(0, of: place), inode: word(1, of: place), size: Int64(bitPattern: word(2, of: place)),
                modified: FileTime(
                    seconds: Int64(bitPattern: word(3, of: place)),
                    nanoseconds: Int32(truncatingIfNeeded: parts >> 32)),
                changed: FileTime(
                    seconds: Int64(bitPattern: word(4, of: place)), nanoseconds: Int32(truncatingIfNeeded: parts))),
            day: Int64(bitPattern: word(6, of: place)), digest: bytes[start..<start + Self.digestSize])
    }

    private func word(_ number: Int, of place: Int) -> UInt64 {
        bytes.withUnsafeBytes {
            $0.loadUnaligned(
                fromByteOffset: Self.header.count + place * Self.recordSize + number * 8, as: UInt64.self)
        }
    }
}

extension ContentDigestFile.Record {
    fileprivate var place: (UInt64, UInt64) { (stamp.device, stamp.inode) }

    fileprivate var words: [UInt64] {
        let modified = UInt64(UInt32(bitPattern: stamp.modified.nanoseconds))
        let changed = UInt64(UInt32(bitPattern: stamp.changed.nanoseconds))
        return [
            stamp.device, stamp.inode, UInt64(bitPattern: stamp.size), UInt64(bitPattern: stamp.modified.seconds),
            UInt64(bitPattern: stamp.changed.seconds), modified << 32 | changed, UInt64(bitPattern: day),
        ]
    }
}

extension ContentStamp {
    init(device: UInt64, inode: UInt64, size: Int64, modified: FileTime, changed: FileTime) {
        self.device = device
        self.inode = inode
        self.size = size
        self.modified = modified
        self.changed = changed
    }
}
