/// One challenge of a `WWW-Authenticate` field.
///
/// https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
struct Challenge: Hashable, Sendable {
    /// In lower case.
    let scheme: String
    /// Names in lower case.
    var parameters: [String: String] = [:]

    /// All challenges of all fields, in order. What cannot be understood is passed over.
    static func parse(_ fields: [String]) -> [Challenge] {
        fields.flatMap { field in
            var parser = ChallengeParser(field)
            return parser.parse()
        }
    }
}

/// Reads a list in which commas stand both between challenges and between the parameters of one.
private struct ChallengeParser {
    private let bytes: [UInt8]
    private var position = 0
    private var result: [Challenge] = []

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func parse() -> [Challenge] {
        while true {
            skip { $0 == 32 || $0 == 9 || $0 == 44 }
            guard let name = token() else {
                // No token begins here: a stray byte.
                guard position < bytes.count else { return result }
                position += 1
                continue
            }
            if let value = assignedValue(), !result.isEmpty {
                result[result.count - 1].parameters[name.lowercased()] = value
            } else {
                result.append(Challenge(scheme: name.lowercased()))
                skipToken68()
            }
        }
    }

    /// `= value` after a name, quoted or not; nil, and nothing consumed, when no `=` follows.
    private mutating func assignedValue() -> String? {
        let start = position
        skip { $0 == 32 || $0 == 9 }
        guard position < bytes.count, bytes[position] == 61 else {
            position = start
            return nil
        }
        position += 1
        skip { $0 == 32 || $0 == 9 }
        if position < bytes.count, bytes[position] == 34 { return quotedString() }
        let begin = position
        skip { $0 != 44 && $0 != 32 && $0 != 9 }
        return String(decoding: bytes[begin..<position], as: UTF8.self)
    }

    private mutating func quotedString() -> String {
        var value: [UInt8] = []
        position += 1
        while position < bytes.count, bytes[position] != 34 {
            if bytes[position] == 92, position + 1 < bytes.count { position += 1 }
            value.append(bytes[position])
            position += 1
        }
        position += 1
        return String(decoding: value, as: UTF8.self)
    }

    /// `Negotiate dG9rZW4=`: a single value that ends in `=` or has characters that no name has.
    private mutating func skipToken68() {
        let start = position
        skip { $0 == 32 }
        let begin = position
        skip { $0 != 44 && $0 != 32 && $0 != 34 && $0 != 61 }
        let end = position
        skip { $0 == 61 }
        let isAtEnd = position == bytes.count || bytes[position] == 44
        if !(isAtEnd && end > begin && (position > end || position == bytes.count)) { position = start }
    }

    private mutating func token() -> String? {
        let begin = position
        skip { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
        return position > begin ? String(decoding: bytes[begin..<position], as: UTF8.self) : nil
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while position < bytes.count, condition(bytes[position]) { position += 1 }
    }
}
