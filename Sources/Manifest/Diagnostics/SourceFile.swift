import Glibc
import SystemPackage

/// One file of a batch manifest, kept as long as a mark points into it.
final class SourceFile: Sendable {
    /// As messages show it.
    let name: String
    /// Absolute, links kept.
    let path: FilePath
    /// The file's bytes; empty where only a name is known.
    let bytes: [UInt8]

    init(name: String, path: FilePath, bytes: [UInt8]) {
        self.name = name
        self.path = path
        self.bytes = bytes
    }

    /// What relative paths in the file start from.
    var folder: FilePath { path.removingLastComponent() }

    /// Text of a line, counted from 1, without its end; nil past the end of the file.
    func text(ofLine line: Int) -> String? {
        bytes.withUnsafeBytes { bytes in
            var start = 0
            for _ in 1..<max(line, 1) {
                guard let end = Self.lineEnd(in: bytes, from: start) else { return nil }
                start = end + 1
            }
            guard start < bytes.count else { return nil }
            let line = bytes[start..<(Self.lineEnd(in: bytes, from: start) ?? bytes.count)]
            return String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
        }
    }

    /// Line and column, both from 1, of a byte.
    func place(ofByte offset: Int) -> (line: Int, column: Int) {
        bytes.withUnsafeBytes { bytes in
            var (line, start) = (1, 0)
            while let end = Self.lineEnd(in: bytes, from: start), end < offset {
                line += 1
                start = end + 1
            }
            let before = bytes[start..<max(start, min(offset, bytes.count))]
            return (line, String(decoding: before, as: UTF8.self).unicodeScalars.count + 1)
        }
    }

    private static func lineEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
