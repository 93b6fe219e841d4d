/// The tokenisers used before expansion. They keep quotes and escapes, which expansion removes, once.
enum WordSplitter {
    /// Split at runs of separators; quotes are not special.
    static func list(_ text: Scalars) -> [String] {
        text.split(whereSeparator: \.isSeparator).map(\.text)
    }

    /// Split at white space; quotes group, the escape token takes the next character along.
    static func words(_ text: Scalars, escape: EscapeToken) -> [String] {
        var words: [String] = []
        var rest = text.trimmedStart()
        while !rest.isEmpty {
            if let word = takeWord(from: &rest, escape: escape.scalar) { words.append(word) }
            rest = rest.trimmedStart()
        }
        return words
    }

    private static func takeWord(from rest: inout Scalars, escape: Unicode.Scalar) -> String? {
        var word = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        while let next = rest.first, quote != nil || !next.isSpace {
            rest.removeFirst()
            if next == escape, quote != "'" {
                guard let escaped = rest.popFirst() else { break }  // a token at the very end is dropped
                word.append(next)
                word.append(escaped)
                continue
            }
            if next == quote {
                quote = nil
            } else if quote == nil, next == "'" || next == "\"" {
                quote = next
            }
            word.append(next)
        }
        return word.isEmpty ? nil : String(word)
    }
}
