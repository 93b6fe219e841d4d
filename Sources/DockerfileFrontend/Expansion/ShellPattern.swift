/// A pattern of the operators `#`, `%` and `/`: `*` and `?`; brackets are literal.
struct ShellPattern {
    private enum Token: Equatable {
        case anything
        case one
        case literal(Unicode.Scalar)
    }

    private let tokens: [Token]

    /// The escapes are `\*`, `\?`, `\\`, `\}` and `\/`, whatever the Dockerfile's escape token is.
    init(_ text: String) throws(ExpansionFault) {
        var tokens: [Token] = []
        var rest = Scalars(text)
        while let next = rest.popFirst() {
            switch next {
            case "*": tokens.append(.anything)
            case "?": tokens.append(.one)
            case "\\":
                let escaped = rest.popFirst()
                guard let escaped, "*?\\}/".unicodeScalars.contains(escaped) else {
                    throw .invalidPattern(text, escape: "\\" + (escaped.map(String.init) ?? ""))
                }
                tokens.append(.literal(escaped))
            default: tokens.append(.literal(next))
            }
        }
        self.tokens = tokens
    }

    private init(tokens: [Token]) {
        self.tokens = tokens
    }

    func trimmingPrefix(of value: [Unicode.Scalar], longest: Bool) -> String {
        value[(end(in: value, from: 0, longest: longest) ?? 0)...].text
    }

    func trimmingSuffix(of value: [Unicode.Scalar], longest: Bool) -> String {
        let mirrored = ShellPattern(tokens: tokens.reversed())
        let count = mirrored.end(in: value.reversed(), from: 0, longest: longest) ?? 0
        return value[..<(value.count - count)].text
    }

    /// Replaces the first or every longest match; an empty match right behind a match does not count.
    func replacing(in value: [Unicode.Scalar], with text: String, everywhere: Bool) -> String {
        var result = String.UnicodeScalarView()
        var position = 0
        var lastEnd: Int?
        while position <= value.count {
            let end = end(in: value, from: position, longest: true)
            if let end, end > position || lastEnd != position {
                result.append(contentsOf: text.unicodeScalars)
                lastEnd = end
                if !everywhere { return String(result) + value[end...].text }
            }
            if let end, end > position {
                position = end
            } else {
                if position < value.count { result.append(value[position]) }
                position += 1
            }
        }
        return String(result)
    }

    /// Where a match that begins at `start` ends; nil if there is none.
    private func end(in value: [Unicode.Scalar], from start: Int, longest: Bool) -> Int? {
        var active = closure([0])
        var found: Int?
        var position = start
        while !active.isEmpty {
            if active.contains(tokens.count) {
                found = position
                if !longest { break }
            }
            guard position < value.count else { break }
            active = closure(active.flatMap { step($0, value[position]) })
            position += 1
        }
        return found
    }

    /// The states after one character.
    private func step(_ state: Int, _ scalar: Unicode.Scalar) -> [Int] {
        guard state < tokens.count else { return [] }
        switch tokens[state] {
        case .anything: return [state]
        case .one: return [state + 1]
        case .literal(let expected): return expected == scalar ? [state + 1] : []
        }
    }

    /// With the states that are reached by letting `*` match nothing.
    private func closure(_ states: [Int]) -> Set<Int> {
        var result: Set<Int> = []
        for var state in states {
            while result.insert(state).inserted, state < tokens.count, tokens[state] == .anything { state += 1 }
        }
        return result
    }
}
