/// Numbers in tar headers: octal text, or base 256 where GNU's bit says so.
enum TarNumber {
    /// Nil if the field is neither, or more than an Int64 holds.
    static func parse(_ field: UnsafeRawBufferPointer.SubSequence) -> Int64? {
        guard let first = field.first else { return nil }
        return first & 0x80 == 0 ? parseOctal(field) : parseBase256(field)
    }

    /// An empty field is 0: old archives leave out what does not apply.
    private static func parseOctal(_ field: UnsafeRawBufferPointer.SubSequence) -> Int64? {
        var value: Int64 = 0
        var hasDigits = false
        var hasEnded = false
        for byte in field {
            if byte == 32 || byte == 0 {
                hasEnded = hasDigits
                continue
            }
            guard (48...55).contains(byte), !hasEnded, value < 1 << 60 else { return nil }
            value = value << 3 | Int64(byte - 48)
            hasDigits = true
        }
        return value
    }

    private static func parseBase256(_ field: UnsafeRawBufferPointer.SubSequence) -> Int64? {
        guard let first = field.first else { return nil }
        // Two's complement; the first bit is only the mark, the second is the sign.
        var value: Int64 = first & 0x40 == 0 ? Int64(first & 0x3f) : Int64(first) - 256
        for byte in field.dropFirst() {
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 256)
            if overflow { return nil }
            value = shifted + Int64(byte)
        }
        return value
    }

    /// Writes octal digits and a NUL; false if the value does not fit.
    static func write(_ value: Int64, to field: UnsafeMutableRawBufferPointer.SubSequence) -> Bool {
        let digits = field.count - 1
        guard value >= 0, value < 1 << (3 * Int64(digits)) else { return false }
        var field = field
        var rest = value
        for place in (field.startIndex..<(field.startIndex + digits)).reversed() {
            field[place] = 48 + UInt8(rest & 7)
            rest >>= 3
        }
        field[field.startIndex + digits] = 0
        return true
    }
}
