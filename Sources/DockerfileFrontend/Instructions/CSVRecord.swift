/// One line of comma-separated values, read as Go's `encoding/csv` does.
enum CSVRecord {
    static func fields(of text: String) throws(CSVError) -> [String] {
        guard !text.isEmpty else { throw .noFields }
        let bytes = Array(text.utf8)
        var fields: [String] = []
        var place = 0
        repeat {
            fields.append(
                place < bytes.count && bytes[place] == quote
                    ? try quotedField(bytes, &place) : try plainField(bytes, &place))
            place += 1  // behind the comma, or the end
        } while place <= bytes.count
        return fields
    }

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")

    private static func plainField(_ bytes: [UInt8], _ place: inout Int) throws(CSVError) -> String {
        let end = bytes[place...].firstIndex(of: comma) ?? bytes.count
        if let bad = bytes[place..<end].firstIndex(of: quote) { throw .bareQuote(column: bad + 1) }
        defer { place = end }
        return String(decoding: bytes[place..<end], as: UTF8.self)
    }

    private static func quotedField(_ bytes: [UInt8], _ place: inout Int) throws(CSVError) -> String {
        var field: [UInt8] = []
        place += 1
        while let end = bytes[place...].firstIndex(of: quote) {
            field += bytes[place..<end]
            place = end + 1
            guard place < bytes.count, bytes[place] != comma else { return String(decoding: field, as: UTF8.self) }
            guard bytes[place] == quote else { throw .misplacedQuote(column: end + 1) }
            field.append(quote)
            place += 1
        }
        throw .misplacedQuote(column: bytes.count + 1)
    }
}

/// Text that is no record.
public enum CSVError: Error, Hashable, Sendable {
    case noFields
    /// A quote inside a field that does not begin with one; the column counts bytes from 1.
    case bareQuote(column: Int)
    /// Text behind a closing quote, or none of those.
    case misplacedQuote(column: Int)
}

extension CSVError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noFields: "EOF"
        case .bareQuote(let column): "parse error on line 1, column \(column): bare \" in non-quoted field"
        case .misplacedQuote(let column):
            "parse error on line 1, column \(column): extraneous or missing \" in quoted-field"
        }
    }
}
