/// The parser directives at the head of a Dockerfile: `# name=value`.
public struct Directives: Hashable, Sendable {
    /// The frontend image that the file asks for. This frontend is built in: nothing is fetched.
    public var syntax: String?
    public var escape = EscapeToken.backslash
    /// What the file says about lint warnings, unparsed.
    public var check: String?

    public init() {}
}

/// Reads directives line by line until the first line that is none.
struct DirectiveReader {
    private(set) var directives = Directives()
    private var seen: Set<String> = []
    private var isDone = false

    /// Takes a line without leading blanks; says whether it was a directive.
    mutating func read(_ line: Scalars) throws(DockerfileFault) -> Bool {
        guard !isDone else { return false }
        guard let (name, value) = Self.split(line), ["syntax", "escape", "check"].contains(name) else {
            isDone = true
            return false
        }
        guard seen.insert(name).inserted else { throw .repeatedDirective(name) }
        try set(name, to: value)
        return true
    }

    private mutating func set(_ name: String, to value: String) throws(DockerfileFault) {
        switch name {
        case "syntax": directives.syntax = value
        case "check": directives.check = value
        default:
            guard value.unicodeScalars.count == 1, let token = EscapeToken(rawValue: Character(value)) else {
                throw .invalidEscapeToken(value)
            }
            directives.escape = token
        }
    }

    /// `# name = value`, the name in lower case.
    private static func split(_ line: Scalars) -> (name: String, value: String)? {
        guard line.first == "#" else { return nil }
        let text = line.dropFirst().trimmedStart()
        let name = text.prefix { $0.value < 0x80 && ($0.isLetter || $0.isDigit) }
        guard name.first?.isLetter == true else { return nil }
        let rest = text[name.endIndex...].trimmedStart()
        guard rest.first == "=" else { return nil }
        let value = rest.dropFirst().trimmed()
        return value.isEmpty ? nil : (name.text.lowercased(), value.text)
    }
}
