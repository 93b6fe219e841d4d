/// Why a text is no condition.
enum ConditionError: Error, Hashable {
    case tooLong
    case unexpected(String)
    case incomplete
}

extension ConditionError: CustomStringConvertible {
    var description: String {
        switch self {
        case .tooLong: "the condition is longer than \(Condition.longest) bytes"
        case .unexpected(let word): "\"\(word)\" has no place here in the condition"
        case .incomplete: "the condition ends where a name, a value or a comparison is missing"
        }
    }
}

/// What `if:` holds: `key == value` and `key != value`, joined by `and`, `or`, `not` and parentheses.
///
/// The left side is a name that `${…}` knows, the right side a text, in quotes if it has spaces.
indirect enum Condition: Equatable {
    case equal(name: String, value: String)
    case not(Condition)
    case and(Condition, Condition)
    case or(Condition, Condition)

    static let longest = 1000

    init(_ text: String) throws(ConditionError) {
        guard text.utf8.count <= Self.longest else { throw .tooLong }
        var parser = ConditionParser(try ConditionParser.tokens(of: text))
        self = try parser.alternatives()
        if let rest = parser.next { throw .unexpected(rest.text) }
    }

    /// All names on the left sides.
    var names: [String] {
        switch self {
        case .equal(let name, _): [name]
        case .not(let inner): inner.names
        case .and(let left, let right), .or(let left, let right): left.names + right.names
        }
    }

    func holds(_ value: (String) -> String?) -> Bool {
        switch self {
        case .equal(let name, let expected): value(name) == expected
        case .not(let inner): !inner.holds(value)
        case .and(let left, let right): left.holds(value) && right.holds(value)
        case .or(let left, let right): left.holds(value) || right.holds(value)
        }
    }
}

/// `or` binds less than `and`, `and` less than `not`.
private struct ConditionParser {
    struct Token {
        let text: String
        let isQuoted: Bool
    }

    private var tokens: ArraySlice<Token>

    init(_ tokens: [Token]) {
        self.tokens = tokens[...]
    }

    var next: Token? { tokens.first }

    mutating func alternatives() throws(ConditionError) -> Condition {
        var left = try conjunction()
        while take("or") { left = .or(left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(ConditionError) -> Condition {
        var left = try unit()
        while take("and") { left = .and(left, try unit()) }
        return left
    }

    private mutating func unit() throws(ConditionError) -> Condition {
        if take("not") { return .not(try unit()) }
        if take("(") {
            let inner = try alternatives()
            guard take(")") else { throw next.map { .unexpected($0.text) } ?? .incomplete }
            return inner
        }
        let name = try operand()
        if take("==") { return .equal(name: name, value: try operand()) }
        if take("!=") { return .not(.equal(name: name, value: try operand())) }
        throw next.map { .unexpected($0.text) } ?? .incomplete
    }

    private mutating func operand() throws(ConditionError) -> String {
        guard let token = tokens.popFirst() else { throw .incomplete }
        guard token.isQuoted || !["(", ")", "==", "!=", "and", "or", "not"].contains(token.text) else {
            throw .unexpected(token.text)
        }
        return token.text
    }

    private mutating func take(_ word: String) -> Bool {
        guard let first = tokens.first, !first.isQuoted, first.text == word else { return false }
        tokens.removeFirst()
        return true
    }

    static func tokens(of text: String) throws(ConditionError) -> [Token] {
        var tokens: [Token] = []
        var rest = text[...]
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if first == "\"" || first == "'" {
                let body = rest.dropFirst()
                guard let end = body.firstIndex(of: first) else { throw .unexpected(String(rest)) }
                tokens.append(Token(text: String(body[..<end]), isQuoted: true))
                rest = body[body.index(after: end)...]
            } else if let symbol = ["==", "!=", "(", ")"].first(where: { rest.hasPrefix($0) }) {
                tokens.append(Token(text: symbol, isQuoted: false))
                rest = rest.dropFirst(symbol.count)
            } else {
                let word = rest.prefix { !$0.isWhitespace && !"()=!\"'".contains($0) }
                guard !word.isEmpty else { throw .unexpected(String(first)) }
                tokens.append(Token(text: String(word), isQuoted: false))
                rest = rest.dropFirst(word.count)
            }
        }
        return tokens
    }
}
