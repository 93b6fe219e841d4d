/// Replaces `$name` and `${name…}` in a word and removes its quotes.
public struct WordExpander: Hashable, Sendable {
    public let escape: EscapeToken
    let mode: Mode

    /// What stays in the text instead of being worked off.
    struct Mode: OptionSet, Hashable, Sendable {
        let rawValue: Int

        static let keepsQuotes = Mode(rawValue: 1)
        static let keepsEscapes = Mode(rawValue: 2)
        /// References to unset variables stay as they are.
        static let keepsUnset = Mode(rawValue: 4)
        /// Quotes are characters like any other.
        static let ignoresQuotes = Mode(rawValue: 8)

        static let asWritten: Mode = [.keepsQuotes, .keepsEscapes, .keepsUnset]
    }

    /// Takes the escape token of the Dockerfile.
    public init(escape: EscapeToken) {
        self.init(escape: escape, mode: [])
    }

    init(escape: EscapeToken, mode: Mode) {
        self.escape = escape
        self.mode = mode
    }

    /// Expands one word; `lookup` gives a variable's value, nil if it is unset.
    public func expand(_ word: String, lookup: (String) -> String?) throws(ExpansionError) -> Expansion {
        guard word.utf8.contains(where: { Self.special.contains($0) || $0 == escape.scalar.value }) else {
            return Expansion(text: word, words: Self.split(word), undefined: [])
        }
        var scanner = WordScanner(word, escape: escape, mode: mode)
        do throws(ExpansionFault) {
            let result = try scanner.scan(until: nil, keepsEscapes: mode.contains(.keepsEscapes), lookup: lookup)
            return Expansion(text: String(result.text), words: result.allWords, undefined: scanner.undefined)
        } catch {
            throw ExpansionError(word: word, fault: error)
        }
    }

    private static let special = Set("$'\"\\`".utf8)

    private static func split(_ word: String) -> [String] {
        word.unicodeScalars.split(whereSeparator: \.isSpace).map { String($0) }
    }
}

/// What became of a word.
public struct Expansion: Hashable, Sendable {
    /// The expanded word.
    public var text: String
    /// The same split at white space that is not quoted, as EXPOSE needs it.
    public var words: [String]
    /// Names that have no value, in the order of their first use; without those that a `-`, `+` or `?` provides for.
    public var undefined: [String]
}

/// A word that cannot be expanded.
public struct ExpansionError: Error, Hashable, Sendable {
    /// The whole word, as written.
    public let word: String
    public let fault: ExpansionFault
}

/// What is wrong with a word's quotes or substitutions.
public enum ExpansionFault: Error, Hashable, Sendable {
    case missingBrace
    case missingSlash
    case badSubstitution
    case unsupportedModifier(String)
    /// A quote that is not closed: `single-quote` or `double-quote`.
    case unclosedQuote(String)
    /// `${name:?message}` with its message.
    case required(name: String, message: String)
    case invalidPattern(String, escape: String)
    case nestedTooDeep
    /// The end of the text was met before the closing character.
    case unexpectedEnd(String)
}

extension ExpansionError: CustomStringConvertible {
    public var description: String { "failed to process \(word.quoted): \(fault)" }
}

extension ExpansionFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missingBrace: "syntax error: missing '}'"
        case .missingSlash: "syntax error: missing '/' in ${}"
        case .badSubstitution: "syntax error: bad substitution"
        case .unsupportedModifier(let modifier): "unsupported modifier (\(modifier)) in substitution"
        case .unclosedQuote(let quote): "unexpected end of statement while looking for matching \(quote)"
        case .required(let name, let message): "\(name): \(message)"
        case .invalidPattern(let pattern, let escape):
            "invalid pattern (\(pattern)) in substitution: invalid escape '\(escape)'"
        case .nestedTooDeep: "substitutions are nested too deeply"
        case .unexpectedEnd(let stop): "unexpected end of statement while looking for matching \(stop)"
        }
    }
}
