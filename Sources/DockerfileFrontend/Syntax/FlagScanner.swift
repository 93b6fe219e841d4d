/// Cuts the flags, words that begin with `--`, from the head of an instruction's arguments.
struct FlagScanner {
    /// Each with its dashes, quotes removed.
    private(set) var flags: [String] = []
    private(set) var rest: Scalars
    private let escape: Unicode.Scalar

    init(_ arguments: Scalars, escape: EscapeToken) {
        rest = arguments
        self.escape = escape.scalar
        while true {
            rest = rest.trimmedStart()
            guard rest.starts(with: ["-", "-"]) else { break }
            let word = takeWord()
            if word == "--" { break }
            if !word.isEmpty { flags.append(word) }
        }
        rest = rest.trimmed()
    }

    private mutating func takeWord() -> String {
        var word = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        while let next = rest.first, quote != nil || !next.isSpace {
            rest.removeFirst()
            if next == quote {
                quote = nil
            } else if quote == nil, next == "'" || next == "\"" {
                quote = next
            } else if next == escape {
                if let escaped = rest.popFirst() { word.append(escaped) }
            } else {
                word.append(next)
            }
        }
        return String(word)
    }
}
