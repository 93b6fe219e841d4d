internal import SystemPackage

/// Small files of proc, sys and etc.
enum TextFile {
    /// The whole text, or nil when it cannot be read.
    static func read(_ path: String) -> String? {
        guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else { return nil }
        let bytes = try? file.closeAfter { try readAll(file) }
        return bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes `text` in one call, as files of control groups need it. Throws `Errno`.
    static func write(_ text: String, to path: String) throws {
        let file = try FileDescriptor.open(path, .writeOnly, options: .closeOnExec)
        _ = try file.closeAfter { try file.writeAll(text.utf8) }
    }

    private static func readAll(_ file: FileDescriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 16384, alignment: 1)
        defer { room.deallocate() }
        while case let count = try file.read(into: room), count > 0 { bytes += room[..<count] }
        return bytes
    }
}
