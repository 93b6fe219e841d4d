import SystemPackage

/// One file of a batch manifest, kept as long as a mark points into it.
final class SourceFile: Sendable {
    /// As messages show it.
    let name: String
    /// Absolute folder: what relative paths in the file start from.
    let folder: FilePath
    /// The file's bytes; empty where only a name is known.
    let bytes: [UInt8]

    init(name: String, folder: FilePath, bytes: [UInt8]) {
        self.name = name
        self.folder = folder
        self.bytes = bytes
    }

    /// Text of a line, counted from 1, without its end; nil past the end of the file.
    func text(ofLine line: Int) -> String? {
        var rest = bytes[...]
        for _ in 1..<max(line, 1) {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            rest = rest[(end + 1)...]
        }
        let line = rest.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        return rest.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    /// Line and column, both from 1, of a byte.
    func place(ofByte offset: Int) -> (line: Int, column: Int) {
        let before = bytes.prefix(offset)
        let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return (line, String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1)
    }
}
