/// The blocks of a tar stream, as far as a mutator must know them.
enum TarBlocks {
    /// Offsets of the blocks whose checksum holds.
    static func headers(of bytes: [UInt8]) -> [Int] {
        stride(from: 0, to: bytes.count - 511, by: 512).filter { isHeader(bytes, $0) }
    }

    static func isHeader(_ bytes: [UInt8], _ block: Int) -> Bool {
        guard bytes.count >= block + 512 else { return false }
        var written = 0
        for digit in bytes[block + 148..<block + 154] where (48...55).contains(digit) {
            written = written * 8 + Int(digit - 48)
        }
        return written > 0 && written == sum(bytes, block)
    }

    static func writeChecksum(_ bytes: inout [UInt8], _ block: Int) {
        guard bytes.count >= block + 512 else { return }
        let digits = String(sum(bytes, block), radix: 8)
        let text = String(repeating: "0", count: max(0, 6 - digits.count)) + digits + "\0 "
        bytes.replaceSubrange(block + 148..<block + 156, with: text.utf8)
    }

    private static func sum(_ bytes: [UInt8], _ block: Int) -> Int {
        bytes[block..<block + 512].withUnsafeBufferPointer { field in
            var sum = 8 * 32
            for place in 0..<148 { sum += Int(field[place]) }
            for place in 156..<512 { sum += Int(field[place]) }
            return sum
        }
    }

    /// A header of a type with its content.
    static func member(type: UInt8, _ content: [UInt8]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 512)
        bytes.replaceSubrange(0..<11, with: "@LongOrPax\0".utf8)
        bytes.replaceSubrange(100..<108, with: "0000644\0".utf8)
        let size = String(content.count, radix: 8)
        bytes.replaceSubrange(124..<136, with: (String(repeating: "0", count: 11 - size.count) + size + "\0").utf8)
        bytes[156] = type
        bytes.replaceSubrange(257..<265, with: "ustar\00000".utf8)
        writeChecksum(&bytes, 0)
        return bytes + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }
}
