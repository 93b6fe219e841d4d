/// One pass over a word: quotes, escapes, substitutions.
struct WordScanner {
    private(set) var rest: Scalars
    private let escape: Unicode.Scalar
    let mode: WordExpander.Mode
    private(set) var undefined: [String] = []
    private var noted: Set<String> = []
    private var depth = 0
    /// Deeper nesting is refused, for the stack's sake.
    private static let deepest = 50

    init(_ word: String, escape: EscapeToken, mode: WordExpander.Mode) {
        rest = Scalars(word)
        self.escape = escape.scalar
        self.mode = mode
    }

    mutating func pop() -> Unicode.Scalar? { rest.popFirst() }

    mutating func noteUndefined(_ name: String) {
        if noted.insert(name).inserted { undefined.append(name) }
    }

    /// Works off the text up to `stop`, which is taken away, or up to the end if that is nil.
    mutating func scan(
        until stop: Unicode.Scalar?, keepsEscapes: Bool, lookup: (String) -> String?
    ) throws(ExpansionFault) -> SplitText {
        guard depth < Self.deepest else { throw .nestedTooDeep }
        depth += 1
        defer { depth -= 1 }
        var result = SplitText()
        while let next = rest.popFirst() {
            switch next {
            case stop: return result
            case "$": result.append(try substitution(keepsEscapes: keepsEscapes, lookup: lookup))
            case "'" where !mode.contains(.ignoresQuotes): result.append(raw: try singleQuoted())
            case "\"" where !mode.contains(.ignoresQuotes):
                result.append(raw: try doubleQuoted(keepsEscapes: keepsEscapes, lookup: lookup))
            case escape:
                if keepsEscapes { result.append(raw: next) }
                guard let escaped = rest.popFirst() else { break }
                result.append(raw: escaped)
            default: result.append(next)
            }
        }
        if let stop { throw .unexpectedEnd(String(stop)) }
        return result
    }

    /// Up to the closing quote, literally; there are no escapes.
    private mutating func singleQuoted() throws(ExpansionFault) -> String.UnicodeScalarView {
        guard let end = rest.firstIndex(of: "'") else {
            rest = []
            throw .unclosedQuote("single-quote")
        }
        let result = String.UnicodeScalarView(rest[..<end])
        rest = rest[(end + 1)...]
        return result.inQuotes("'", if: mode.contains(.keepsQuotes))
    }

    /// Up to the closing quote; the escape token escapes `"`, `$` and itself, and stays before anything else.
    private mutating func doubleQuoted(
        keepsEscapes: Bool, lookup: (String) -> String?
    ) throws(ExpansionFault) -> String.UnicodeScalarView {
        var result = String.UnicodeScalarView()
        while let next = rest.popFirst() {
            switch next {
            case "\"": return result.inQuotes("\"", if: mode.contains(.keepsQuotes))
            case "$":
                let value = try substitution(keepsEscapes: keepsEscapes, lookup: lookup)
                result.append(contentsOf: value.unicodeScalars)
            case escape:
                if keepsEscapes { result.append(next) }
                guard let following = rest.first else { continue }
                let isEscape = following == "\"" || following == "$" || following == escape
                if isEscape { rest.removeFirst() }
                result.append(isEscape ? following : next)
            default: result.append(next)
            }
        }
        throw .unclosedQuote("double-quote")
    }

    /// A name: digits if it starts with one, one special character, or letters, digits and `_`.
    mutating func takeName() -> String {
        guard let first = rest.first else { return "" }
        let count =
            if first.isDigit {
                rest.prefix { $0.isDigit }.count
            } else if "@*#?-$!".unicodeScalars.contains(first) {
                1
            } else {
                rest.prefix { $0.isLetter || $0.isDigit || $0 == "_" }.count
            }
        defer { rest.removeFirst(count) }
        return rest.prefix(count).text
    }
}

/// Text under construction, whole and split into words.
struct SplitText {
    private(set) var text = String.UnicodeScalarView()
    private var words: [String] = []
    private var word = String.UnicodeScalarView()

    var allWords: [String] { word.isEmpty ? words : words + [String(word)] }

    mutating func append(_ scalar: Unicode.Scalar) {
        text.append(scalar)
        guard scalar.isSpace else { return word.append(scalar) }
        guard !word.isEmpty else { return }
        words.append(String(word))
        word = String.UnicodeScalarView()
    }

    mutating func append(_ string: String) {
        for scalar in string.unicodeScalars { append(scalar) }
    }

    /// Quoted or escaped: white space does not split it.
    mutating func append(raw scalar: Unicode.Scalar) {
        text.append(scalar)
        word.append(scalar)
    }

    mutating func append(raw scalars: String.UnicodeScalarView) {
        text.append(contentsOf: scalars)
        word.append(contentsOf: scalars)
    }
}

extension String.UnicodeScalarView {
    /// With a quote on both sides, if quotes are kept.
    func inQuotes(_ quote: Unicode.Scalar, if isKept: Bool) -> String.UnicodeScalarView {
        guard isKept else { return self }
        var result = String.UnicodeScalarView([quote])
        result.append(contentsOf: self)
        result.append(quote)
        return result
    }
}
