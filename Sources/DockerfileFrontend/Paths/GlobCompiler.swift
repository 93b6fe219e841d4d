/// Reads a pattern.
struct GlobCompiler {
    private var rest: ArraySlice<UInt32>
    private let doubleStar: Bool

    init(rest: ArraySlice<UInt32>, doubleStar: Bool) {
        self.rest = rest
        self.doubleStar = doubleStar
    }

    private static func code(_ character: Unicode.Scalar) -> UInt32 { character.value }

    mutating func tokens() throws(Glob.SyntaxError) -> [Glob.Token] {
        var tokens: [Glob.Token] = []
        while let next = rest.popFirst() {
            switch next {
            case Self.code("*"): tokens.append(star())
            case Self.code("?"): tokens.append(.one)
            case Self.code("["): tokens.append(try set())
            case Self.code("\\"):
                guard let escaped = rest.popFirst() else { throw Glob.SyntaxError() }
                tokens.append(.literal(escaped))
            default: tokens.append(.literal(next))
            }
        }
        return tokens
    }

    /// `**/` is the same as `**`: the slash belongs to it.
    private mutating func star() -> Glob.Token {
        guard doubleStar, rest.first == Self.code("*") else { return .name }
        rest.removeFirst()
        if rest.first == Glob.slash { rest.removeFirst() }
        return rest.isEmpty ? .everything : .directories
    }

    /// `[` has been taken: `[^]` ranges `]`, at least one.
    private mutating func set() throws(Glob.SyntaxError) -> Glob.Token {
        let isNegated = rest.first == Self.code("^")
        if isNegated { rest.removeFirst() }
        var ranges: [ClosedRange<UInt32>] = []
        repeat {
            let first = try member()
            var last = first
            if rest.first == Self.code("-") {
                rest.removeFirst()
                last = try member()
            }
            if first <= last { ranges.append(first...last) }  // `[z-a]` matches nothing
        } while rest.first != Self.code("]")
        rest.removeFirst()
        return .set(ranges, isNegated: isNegated)
    }

    private mutating func member() throws(Glob.SyntaxError) -> UInt32 {
        guard var value = rest.popFirst(), value != Self.code("-"), value != Self.code("]") else {
            throw Glob.SyntaxError()
        }
        if value == Self.code("\\") {
            guard let escaped = rest.popFirst() else { throw Glob.SyntaxError() }
            value = escaped
        }
        if rest.isEmpty { throw Glob.SyntaxError() }
        return value
    }
}
