/// Decides whether an instruction's arguments are a JSON array, and reads it.
///
/// Own code, because the rule needs three answers (strings, an array of something else, no JSON) from a strict reader,
/// and because the small executor links no JSON of this size for one line.
enum JSONArray: Equatable {
    case strings([String])
    /// Valid, but not all elements are strings.
    case mixed

    /// Nil if the text is no JSON array: the shell form then.
    init?(_ text: Scalars) {
        var reader = JSONReader(rest: text.trimmedStart())
        guard reader.rest.first == "[", let elements = reader.array(), reader.isAtEnd else { return nil }
        let strings = elements.compactMap(\.self)
        self = strings.count == elements.count ? .strings(strings) : .mixed
    }
}

extension JSONArray {
    /// A member of an object, if the text is one and the member a string.
    static func member(_ name: String, of text: Scalars) -> String? {
        var reader = JSONReader(rest: text)
        var result: String?
        guard reader.object(member: { if $0 == name { result = $1 } }), reader.isAtEnd else { return nil }
        return result
    }
}

/// A strict reader of RFC 8259; it keeps strings and drops everything else.
private struct JSONReader {
    var rest: Scalars
    private var depth = 0
    /// Deeper nesting counts as invalid: it can only be an attack on the stack.
    private static let deepest = 200

    init(rest: Scalars) {
        self.rest = rest
    }

    var isAtEnd: Bool {
        mutating get {
            skipBlanks()
            return rest.isEmpty
        }
    }

    private mutating func skipBlanks() {
        rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
    }

    private mutating func take(_ expected: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard rest.first == expected else { return false }
        rest.removeFirst()
        return true
    }

    /// The elements, nil where one is no string; nil for all if the text is invalid.
    mutating func array() -> [String?]? {
        var elements: [String?] = []
        let isValid = list("[", "]") { reader in
            guard let value = reader.value() else { return false }
            elements.append(value.string)
            return true
        }
        return isValid ? elements : nil
    }

    private mutating func list(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, element: (inout JSONReader) -> Bool
    ) -> Bool {
        guard take(open), depth < Self.deepest else { return false }
        depth += 1
        defer { depth -= 1 }
        if take(close) { return true }
        repeat {
            guard element(&self) else { return false }
        } while take(",")
        return take(close)
    }

    private struct Value { var string: String? }

    private mutating func value() -> Value? {
        skipBlanks()
        switch rest.first {
        case "\"": return string().map(Value.init)
        case "[": return array() == nil ? nil : Value()
        case "{": return object() ? Value() : nil
        case "t": return word("true")
        case "f": return word("false")
        case "n": return word("null")
        default: return number() ? Value() : nil
        }
    }

    /// Gives the members' names and, if they are strings, their values.
    mutating func object(member: (String, String?) -> Void = { _, _ in }) -> Bool {
        list("{", "}") { reader in
            guard reader.take("\""), let name = reader.characters(), reader.take(":"), let value = reader.value()
            else { return false }
            member(name, value.string)
            return true
        }
    }

    private mutating func word(_ word: String) -> Value? {
        guard rest.starts(with: word.unicodeScalars) else { return nil }
        rest.removeFirst(word.unicodeScalars.count)
        return Value()
    }

    private mutating func digits() -> Int {
        let digits = rest.prefix { (0x30...0x39).contains($0.value) }.count
        rest.removeFirst(digits)
        return digits
    }

    private mutating func number() -> Bool {
        if rest.first == "-" { rest.removeFirst() }
        let startsWithZero = rest.first == "0"
        let count = digits()
        guard count > 0, !(startsWithZero && count > 1) else { return false }
        if rest.first == "." {
            rest.removeFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == "e" || rest.first == "E" {
            rest.removeFirst()
            if rest.first == "+" || rest.first == "-" { rest.removeFirst() }
            guard digits() > 0 else { return false }
        }
        return true
    }

    private mutating func string() -> String? {
        take("\"") ? characters() : nil
    }

    /// What follows the opening quote, up to and without the closing one.
    private mutating func characters() -> String? {
        var result = String.UnicodeScalarView()
        while let next = rest.popFirst() {
            switch next {
            case "\"": return String(result)
            case "\\":
                guard let escaped = escape() else { return nil }
                result.append(escaped)
            case _ where next.value < 0x20: return nil
            default: result.append(next)
            }
        }
        return nil
    }

    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
        "\"": "\"", "\\": "\\", "/": "/", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t",
    ]

    private mutating func escape() -> Unicode.Scalar? {
        guard let kind = rest.popFirst() else { return nil }
        guard kind == "u" else { return Self.escapes[kind] }
        guard let unit = codeUnit() else { return nil }
        guard (0xD800..<0xDC00).contains(unit), rest.starts(with: ["\\", "u"]) else {
            return Unicode.Scalar(unit) ?? "\u{FFFD}"
        }
        let before = rest
        rest.removeFirst(2)
        guard let low = codeUnit() else { return nil }
        guard (0xDC00..<0xE000).contains(low) else {
            rest = before
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func codeUnit() -> UInt32? {
        let digits = rest.prefix(4)
        guard digits.count == 4, digits.allSatisfy({ $0.properties.isASCIIHexDigit }) else { return nil }
        rest.removeFirst(4)
        return UInt32(digits.text, radix: 16)
    }
}
