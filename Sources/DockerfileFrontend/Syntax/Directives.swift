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
    /// The file begins with `#!`: behind that line, `syntax` and `check` are looked for as elsewhere, but the escape
    /// token is not changed any more.
    private var isScript = false
    private var isFirst = true

    /// Takes a line without leading blanks; says whether it was a directive.
    mutating func read(_ line: Scalars) throws(DockerfileFault) -> Bool {
        guard !isDone else { return false }
        if isFirst, line.starts(with: ["#", "!"]) { isScript = true }
        defer { isFirst = false }
        if isFirst, isScript { return false }
        guard let (name, value) = Self.split(line), ["syntax", "escape", "check"].contains(name) else {
            isDone = true
            return false
        }
        if isScript, name == "escape" || seen.contains(name) { return false }
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

/// A `syntax` directive of a file that is written in another language, and says so in that language's comments.
enum ForeignSyntax {
    /// What `// syntax=…` or `{"syntax": "…"}` names; nil for a Dockerfile. Such a file only means something to the
    /// frontend it names, and that would have to be fetched and run.
    static func name(in bytes: [UInt8]) -> String? {
        let first = bytes.first { !Unicode.Scalar($0).isSpace }
        if first == UInt8(ascii: "{") {
            return JSONArray.member("syntax", of: Scalars(String(decoding: bytes, as: UTF8.self)))
        }
        guard first == UInt8(ascii: "/") else { return nil }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 20, omittingEmptySubsequences: false)
        var reader = DirectiveReader()
        for line in lines.prefix(20) {
            let text = Scalars(String(decoding: line.prefix(1000), as: UTF8.self))
            guard text.starts(with: ["/", "/"]) else { return nil }
            guard (try? reader.read(["#"] + text.dropFirst(2))) == true else { return nil }
            if let syntax = reader.directives.syntax { return syntax }
        }
        return nil
    }
}
