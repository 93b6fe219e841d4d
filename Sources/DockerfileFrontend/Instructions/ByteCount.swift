/// A size with a unit, as Docker's `units.RAMInBytes` reads it: `64m`, `1.5GiB`, `512`.
enum ByteCount {
    private static let units: [String: Double] = [
        "k": 0x1p10, "m": 0x1p20, "g": 0x1p30, "t": 0x1p40, "p": 0x1p50,
    ]

    /// Nil if the text is none.
    static func parse(_ text: String) -> Int64? {
        guard let last = text.utf8.lastIndex(where: { isDigit($0) || $0 == UInt8(ascii: ".") || $0 == blank }) else {
            return nil
        }
        let unit = String(text[text.utf8.index(after: last)...]).lowercased()
        guard let number = Double(text.utf8[last] == blank ? text[..<last] : text[...last]), number >= 0,
            let factor = factor(of: unit), number * factor < 0x1p63
        else { return nil }
        return Int64(number * factor)
    }

    private static let blank = UInt8(ascii: " ")

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// `b`, or a letter of the table with `b` or `ib` behind it or not.
    private static func factor(of unit: String) -> Double? {
        if unit.isEmpty || unit == "b" { return 1 }
        guard let letter = unit.first, ["", "b", "ib"].contains(unit.dropFirst()) else { return nil }
        return units[String(letter)]
    }
}
