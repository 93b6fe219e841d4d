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

    /// Where a match that begins at `start` ends; nil if there is none. All states at once: no pattern is exponential.
    private func end(in value: [Unicode.Scalar], from start: Int, longest: Bool) -> Int? {
        if case .literal(let first)? = tokens.first, start == value.count || value[start] != first { return nil }
        return withUnsafeTemporaryAllocation(of: Bool.self, capacity: 2 * (tokens.count + 1)) { memory in
            memory.initialize(repeating: false)
            var now = UnsafeMutableBufferPointer(rebasing: memory[...tokens.count])
            var next = UnsafeMutableBufferPointer(rebasing: memory[(tokens.count + 1)...])
            activate(0, in: now)
            var found: Int?
            for position in start...value.count {
                if now[tokens.count] {
                    found = position
                    if !longest { break }
                }
                guard position < value.count, advance(now, value[position], into: next) else { break }
                swap(&now, &next)
                next.update(repeating: false)
            }
            return found
        }
    }

    /// Marks a state, and the following ones that are reached by letting `*` match nothing.
    private func activate(_ state: Int, in states: UnsafeMutableBufferPointer<Bool>) {
        var state = state
        states[state] = true
        while state < tokens.count, tokens[state] == .anything {
            state += 1
            states[state] = true
        }
    }

    /// The states after one character; false if there are none.
    private func advance(
        _ now: UnsafeMutableBufferPointer<Bool>, _ scalar: Unicode.Scalar, into next: UnsafeMutableBufferPointer<Bool>
    ) -> Bool {
        var isAlive = false
        for state in tokens.indices where now[state] {
            switch tokens[state] {
            case .anything: activate(state, in: next)
            case .literal(let expected) where expected != scalar: continue
            case .one, .literal: activate(state + 1, in: next)
            }
            isAlive = true
        }
        return isAlive
    }
}
