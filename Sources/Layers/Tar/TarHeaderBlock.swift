internal import FileSystem

/// A ustar header of 512 bytes.
enum TarHeaderBlock {
    /// Writes an entry into a zeroed block. What does not fit is cut: a PAX header before it has it in full.
    static func encode(_ entry: TarEntry, type: UInt8, into block: UnsafeMutableRawBufferPointer) {
        encodePath(entry.headerPath, into: block)
        write(Int64(entry.permissions), TarField.mode, block)
        write(Int64(entry.uid), TarField.uid, block)
        write(Int64(entry.gid), TarField.gid, block)
        write(type == TarType.hardLink ? 0 : entry.size, TarField.size, block)
        write(entry.modified.seconds, TarField.modified, block)
        block[TarField.type] = type
        put(entry.linkTarget.bytes.prefix(100), TarField.linkName, block)
        put(Array("ustar\0".utf8), TarField.magic, block)
        put(Array("00".utf8), TarField.version, block)
        write(Int64(entry.deviceMajor), TarField.deviceMajor, block)
        write(Int64(entry.deviceMinor), TarField.deviceMinor, block)
        encodeChecksum(into: block)
    }

    /// Whether the name and prefix fields hold this path exactly.
    static func fits(path: [UInt8]) -> Bool {
        path.allSatisfy { $0 < 128 } && (path.count <= 100 || split(path) != nil)
    }

    /// The slash at which a path that is too long for the name field parts into prefix and name.
    private static func split(_ path: [UInt8]) -> Int? {
        guard path.count <= 256 else { return nil }
        // The name may hold 100 bytes and not be empty, the prefix 155.
        let first = max(path.count - 101, 1)
        let last = min(path.count - 2, 155)
        guard first <= last else { return nil }
        return (first...last).first { path[$0] == UInt8(ascii: "/") }
    }

    private static func encodePath(_ path: [UInt8], into block: UnsafeMutableRawBufferPointer) {
        if path.count <= 100 { return put(path[...], TarField.name, block) }
        guard let slash = split(path) else { return put(path.prefix(100), TarField.name, block) }
        put(path[..<slash], TarField.prefix, block)
        put(path[(slash + 1)...], TarField.name, block)
    }

    private static func encodeChecksum(into block: UnsafeMutableRawBufferPointer) {
        block[TarField.checksum].copyBytes(from: [UInt8](repeating: 32, count: 8))
        let sum = sums(of: UnsafeRawBufferPointer(block)).unsigned
        // Six digits, NUL, blank.
        _ = TarNumber.write(Int64(sum), to: block[TarField.checksum.dropLast()])
    }

    /// The sum of all bytes with the checksum field taken as blanks; old tars added signed bytes.
    static func sums(of block: UnsafeRawBufferPointer) -> (unsigned: Int, signed: Int) {
        let field = UnsafeRawBufferPointer(rebasing: block[TarField.checksum])
        let (all, allHigh) = sum(block)
        let (own, ownHigh) = sum(field)
        let unsigned = all - own + 8 * 32
        return (unsigned, unsigned - 256 * (allHigh - ownHigh))
    }

    /// The sum of the bytes, eight at a time, and how many of them are above 127.
    private static func sum(_ bytes: UnsafeRawBufferPointer) -> (sum: Int, high: Int) {
        let lanes: UInt64 = 0x00ff_00ff_00ff_00ff
        var sums: UInt64 = 0
        var high = 0
        for offset in stride(from: 0, to: bytes.count, by: 8) {
            let eight = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            // A lane of 16 bits takes 64 times two bytes.
            sums += (eight & lanes) + (eight >> 8 & lanes)
            high += (eight & 0x8080_8080_8080_8080).nonzeroBitCount
        }
        return (Int(sums & 0xffff) + Int(sums >> 16 & 0xffff) + Int(sums >> 32 & 0xffff) + Int(sums >> 48), high)
    }

    private static func write(_ value: Int64, _ field: Range<Int>, _ block: UnsafeMutableRawBufferPointer) {
        if !TarNumber.write(value, to: block[field]) { _ = TarNumber.write(0, to: block[field]) }
    }

    private static func put(
        _ bytes: some Collection<UInt8>, _ field: Range<Int>, _ block: UnsafeMutableRawBufferPointer
    ) {
        block[field].copyBytes(from: bytes)
    }
}
