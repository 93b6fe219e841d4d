internal import FileSystem

/// One `LENGTH KEY=VALUE\n` of a PAX extended header.
struct PaxRecord: Equatable {
    var key: [UInt8]
    var value: [UInt8]

    init(_ key: [UInt8], _ value: [UInt8]) {
        self.key = key
        self.value = value
    }

    init(_ key: String, _ value: [UInt8]) { self.init(Array(key.utf8), value) }

    init(_ key: String, _ value: String) { self.init(Array(key.utf8), Array(value.utf8)) }

    static let attributePrefix = Array("SCHILY.xattr.".utf8)

    /// The record with its own length before it; the length counts its own digits.
    var encoded: [UInt8] {
        let rest = key.count + value.count + 3
        var length = rest + String(rest).utf8.count
        if String(length).utf8.count != String(rest).utf8.count { length = rest + String(length).utf8.count }
        return Array("\(length) ".utf8) + key + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
    }

    /// All records of an extended header; nil if one is malformed.
    static func parse(_ bytes: [UInt8]) -> [PaxRecord]? {
        var records: [PaxRecord] = []
        var rest = bytes[...]
        while let first = rest.first, first != 0 {
            guard let record = takeFirst(&rest) else { return nil }
            records.append(record)
        }
        return records
    }

    private static func takeFirst(_ rest: inout ArraySlice<UInt8>) -> PaxRecord? {
        guard let space = rest.prefix(20).firstIndex(of: UInt8(ascii: " ")),
            let length = parseDecimal(rest[rest.startIndex..<space]),
            length <= rest.count, length > space - rest.startIndex + 2
        else { return nil }
        let record = rest[(space + 1)..<(rest.startIndex + Int(length))]
        guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")),
            equals > record.startIndex
        else { return nil }
        rest = rest[(rest.startIndex + Int(length))...]
        return PaxRecord(Array(record[..<equals]), Array(record[(equals + 1)...].dropLast()))
    }

    /// Digits only; nil for anything else and for more than an Int64 holds.
    static func parseDecimal(_ digits: some Sequence<UInt8>) -> Int64? {
        var value: Int64 = 0
        var isEmpty = true
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(Int64(digit) - 48)
            if overflow || carry { return nil }
            value = sum
            isEmpty = false
        }
        return isEmpty ? nil : value
    }
}

/// Times as PAX writes them: decimal seconds since 1970, with a fraction, possibly negative.
enum PaxTime {
    static func text(_ time: FileTime) -> String {
        guard time.nanoseconds != 0 else { return String(time.seconds) }
        let isNegative = time.seconds < 0
        let whole = isNegative ? -(time.seconds + 1) : time.seconds
        let part = isNegative ? 1_000_000_000 - time.nanoseconds : time.nanoseconds
        var digits = String(1_000_000_000 + Int64(part)).dropFirst()
        while digits.last == "0" { digits = digits.dropLast() }
        return "\(isNegative ? "-" : "")\(whole).\(digits)"
    }

    /// Nil if it is no number; digits after the ninth are cut.
    static func parse(_ text: [UInt8]) -> FileTime? {
        let isNegative = text.first == UInt8(ascii: "-")
        let parts = text[(isNegative ? 1 : 0)...].split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let whole = PaxRecord.parseDecimal(first) else { return nil }
        let digits = parts.count == 2 ? Array(parts[1]) : []
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        let padded = digits.prefix(9) + [UInt8](repeating: 48, count: max(0, 9 - digits.count))
        guard let part = PaxRecord.parseDecimal(padded) else { return nil }
        guard isNegative else { return FileTime(seconds: whole, nanoseconds: Int32(part)) }
        return part == 0
            ? FileTime(seconds: -whole)
            : FileTime(seconds: -whole - 1, nanoseconds: Int32(1_000_000_000 - part))
    }
}
