/// A stretch of Dockerfile text; scalars, because a `Character` would join CR and LF, or a letter and its accent.
typealias Scalars = ArraySlice<Unicode.Scalar>

extension Unicode.Scalar {
    /// What separates words: `[\t\v\f\r ]`. A line feed cannot occur inside a line.
    var isSeparator: Bool { self == " " || self == "\t" || (0x0B...0x0D).contains(value) }

    /// Unicode white space.
    var isSpace: Bool { value < 0x80 ? isSeparator || self == "\n" : properties.isWhitespace }

    var isDigit: Bool { value < 0x80 ? (0x30...0x39).contains(value) : properties.generalCategory == .decimalNumber }

    var isLetter: Bool {
        if value < 0x80 { return (0x61...0x7A).contains(value | 0x20) }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return false
        }
    }
}

extension ArraySlice<Unicode.Scalar> {
    init(_ text: String) {
        self = Array(text.unicodeScalars)[...]
    }

    var text: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: self)
        return String(view)
    }

    func trimmedStart() -> Scalars { drop { $0.isSpace } }

    func trimmed() -> Scalars {
        let rest = trimmedStart()
        guard let last = rest.lastIndex(where: { !$0.isSpace }) else { return [] }
        return rest[...last]
    }

    /// The text up to the first run of separators, and what follows that run; nil if there is none.
    func splitAtSeparators() -> (head: Scalars, tail: Scalars)? {
        guard let end = firstIndex(where: \.isSeparator) else { return nil }
        return (self[..<end], self[end...].drop { $0.isSeparator })
    }
}

extension String {
    /// Around the first `separator`; the second part is nil if there is none. By scalars: a combining mark after it
    /// does not hide it.
    func splitOnce(at separator: Unicode.Scalar) -> (head: String, tail: String?) {
        guard let place = unicodeScalars.firstIndex(of: separator) else { return (self, nil) }
        return (
            String(unicodeScalars[..<place]), String(unicodeScalars[unicodeScalars.index(after: place)...])
        )
    }

    /// In double quotes, with `"`, `\` and control characters escaped.
    var quoted: String {
        var result = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
