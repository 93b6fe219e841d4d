/// Base64 (RFC 4648) as a value looks in it when other bytes may stand before and behind it.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Padded, and not.
    static func whole(_ value: [UInt8]) -> [[UInt8]] {
        let whole = digits(of: value)
        return [whole + [UInt8](repeating: 61, count: (4 - whole.count % 4) % 4), whole]
    }

    /// For each place in a group of three bytes the digits that only the value decides.
    static func shifted(_ value: [UInt8]) -> [[UInt8]] {
        (0..<3).map { shift in
            let digits = digits(of: [UInt8](repeating: 0, count: shift) + value)
            let end = (shift + value.count) * 8 / 6
            let start = (shift * 8 + 5) / 6
            return start < end ? Array(digits[start..<end]) : []
        }
    }

    private static func digits(of bytes: [UInt8]) -> [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity(bytes.count * 4 / 3 + 2)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            bits <<= UInt32(8 * (3 - group.count))
            for place in 0...group.count { digits.append(alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)]) }
        }
        return digits
    }
}

extension [UInt8] {
    func hexadecimal(_ digits: StaticString) -> [UInt8] {
        digits.withUTF8Buffer { digits in flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] } }
    }

    /// Without white space at both ends.
    var trimmed: [UInt8] {
        func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return []
        }
        return Array(self[first...last])
    }

    /// Cut after every so many bytes.
    func pieces(of length: Int) -> [[UInt8]] {
        count <= length
            ? [self] : stride(from: 0, to: count, by: length).map { Array(self[$0..<Swift.min($0 + length, count)]) }
    }
}

extension RandomAccessCollection where Index == Int {
    /// The first place from which on a predicate holds, which holds for none before; the end if there is none.
    func partitionPoint(_ holds: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
