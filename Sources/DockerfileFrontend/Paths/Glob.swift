/// A path as numbers to match on: Unicode scalars, and bytes that are no UTF-8 as 0xDC00 + byte, so that nothing is lost.
typealias GlobText = [UInt32]

extension GlobText {
    init(decoding bytes: some Sequence<UInt8>) {
        self.init(bytes: Array<UInt8>(bytes))
    }

    private init(bytes: [UInt8]) {
        self = []
        reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            let (value, length) =
                bytes[place] < 0x80 ? (UInt32(bytes[place]), 1) : Self.decodeScalar(bytes[place...].prefix(4))
            append(value)
            place += length
        }
    }

    private static func decodeScalar(_ bytes: ArraySlice<UInt8>) -> (value: UInt32, length: Int) {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        if case .scalarValue(let scalar) = decoder.decode(&iterator) {
            return (scalar.value, UTF8.width(scalar))
        }
        return (0xDC00 + UInt32(bytes.first ?? 0), 1)
    }
}

/// Matches a whole text against `*`, `?`, `[…]` and, if wanted, `**`; the first three never match a `/`.
struct Glob: Hashable, Sendable {
    enum Token: Hashable, Sendable {
        case literal(UInt32)
        case one
        case set([ClosedRange<UInt32>], isNegated: Bool)
        /// `*`
        case name
        /// `**` before more: nothing, or anything that ends in a `/`.
        case directories
        /// `**` at the end.
        case everything
    }

    /// `[` without `]`, a range that is none, or an escape of nothing.
    struct SyntaxError: Error, Equatable {}

    private let tokens: [Token]
    /// The whole pattern, if it has no wildcards: the usual case, and a comparison is enough.
    let literal: GlobText?
    /// What every match begins and ends with: to turn most texts away quickly.
    private let head: GlobText
    private let tail: GlobText

    static let slash = UInt32(UInt8(ascii: "/"))

    init(_ pattern: GlobText, doubleStar: Bool) throws(SyntaxError) {
        var compiler = GlobCompiler(rest: pattern[...], doubleStar: doubleStar)
        tokens = try compiler.tokens()
        head = Self.literals(tokens.prefix { $0.literal != nil })
        tail = Self.literals(tokens.suffix(while: { $0.literal != nil }))
        literal = head.count == tokens.count ? head : nil
    }

    private static func literals(_ tokens: some Sequence<Token>) -> GlobText { tokens.compactMap(\.literal) }

    func matches(_ text: some RandomAccessCollection<UInt32>) -> Bool {
        guard text.count >= head.count, text.starts(with: head) else { return false }
        if literal != nil { return text.count == head.count }
        guard text.suffix(tail.count).elementsEqual(tail) else { return false }
        return simulate(text)
    }

    /// All states at once, so that no pattern takes exponential time.
    private func simulate(_ text: some RandomAccessCollection<UInt32>) -> Bool {
        withUnsafeTemporaryAllocation(of: Bool.self, capacity: 2 * (tokens.count + 1)) { memory in
            memory.initialize(repeating: false)
            var now = UnsafeMutableBufferPointer(rebasing: memory[...tokens.count])
            var next = UnsafeMutableBufferPointer(rebasing: memory[(tokens.count + 1)...])
            activate(0, in: now)
            for character in text {
                var isAlive = false
                for state in tokens.indices where now[state] {
                    isAlive = advance(state, character, into: next) || isAlive
                }
                guard isAlive else { return false }
                swap(&now, &next)
                next.update(repeating: false)
            }
            return now[tokens.count]
        }
    }

    /// Marks a state, and the following ones that need no character.
    private func activate(_ state: Int, in states: UnsafeMutableBufferPointer<Bool>) {
        var state = state
        states[state] = true
        while state < tokens.count, tokens[state].canBeEmpty {
            state += 1
            states[state] = true
        }
    }

    private func advance(_ state: Int, _ character: UInt32, into next: UnsafeMutableBufferPointer<Bool>) -> Bool {
        let isSlash = character == Self.slash
        switch tokens[state] {
        case .literal(let expected):
            guard character == expected else { return false }
            activate(state + 1, in: next)
        case .one:
            guard !isSlash else { return false }
            activate(state + 1, in: next)
        case .set(let ranges, let isNegated):
            guard !isSlash, ranges.contains(where: { $0.contains(character) }) != isNegated else { return false }
            activate(state + 1, in: next)
        case .name:
            guard !isSlash else { return false }
            activate(state, in: next)
        case .everything: activate(state, in: next)
        case .directories:
            next[state] = true
            // Behind a slash what follows may begin; otherwise the state itself only waits for one.
            if isSlash { activate(state + 1, in: next) }
        }
        return true
    }
}

extension Glob.Token {
    var literal: UInt32? {
        if case .literal(let value) = self { return value }
        return nil
    }

    var canBeEmpty: Bool { self == .name || self == .directories || self == .everything }
}

extension Array {
    fileprivate func suffix(while predicate: (Element) -> Bool) -> ArraySlice<Element> {
        let start = lastIndex { !predicate($0) }.map { $0 + 1 } ?? startIndex
        return self[start...]
    }
}
