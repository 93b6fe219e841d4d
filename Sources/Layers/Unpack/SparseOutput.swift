internal import FileSystem
internal import Glibc

/// Writes a new file's content in order and leaves holes where it has long runs of zeros: layers have the whole content of
/// a sparse file, and unpacked it takes no more room than it did.
struct SparseOutput {
    /// Content is looked at in the file's parts of this size, a block of most file systems.
    private static let unit = 4 << 10
    /// Shorter runs are written: a hole parts what the disk could read at once.
    private static let shortestHole: Int64 = 32 << 10

    private let file: OpenFile
    private let size: Int64
    /// Bytes taken so far.
    private var position: Int64 = 0
    /// Zeros that were taken last and are not yet in the file.
    private var zeros: Int64 = 0
    /// Whether the archive itself calls some of them a hole.
    private var isHole = false

    init(_ file: OpenFile, size: Int64) {
        self.file = file
        self.size = size
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        if size < Self.shortestHole, zeros == 0 { return try file.writeAll(bytes) }
        var start = 0
        var place = 0
        while place < bytes.count {
            let end = min(place + Self.unit - Int(position) & (Self.unit - 1), bytes.count)
            if Self.isZero(UnsafeRawBufferPointer(rebasing: bytes[place..<end])) {
                try file.writeAll(UnsafeRawBufferPointer(rebasing: bytes[start..<place]))
                start = end
                zeros += Int64(end - place)
            } else {
                try passZeros()
            }
            position += Int64(end - place)
            place = end
        }
        try file.writeAll(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }

    mutating func skip(_ count: Int64) {
        zeros += count
        position += count
        isHole = true
    }

    mutating func finish() throws(SystemError) {
        if zeros > 0 { try file.truncate(to: size) }
    }

    private mutating func passZeros() throws(SystemError) {
        guard zeros > 0 else { return }
        if isHole || zeros >= Self.shortestHole {
            try file.skip(zeros)
        } else {
            try file.writeAll([UInt8](repeating: 0, count: Int(zeros)))
        }
        zeros = 0
        isHole = false
    }

    private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, bytes.first == 0 else { return false }
        // Each byte equals the one before it.
        return memcmp(start, start + 1, bytes.count - 1) == 0
    }
}
