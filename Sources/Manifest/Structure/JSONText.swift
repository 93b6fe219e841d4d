/// A JSON document whose objects keep their order; made for `schemas/manifest.schema.json`.
indirect enum JSONText: Sendable {
    case text(String)
    case number(Int)
    case flag(Bool)
    case array([JSONText])
    case object([(String, JSONText)])

    /// With two spaces a level; arrays of plain values stay on one line.
    func rendered(indent: Int = 0) -> String {
        let inner = String(repeating: "  ", count: indent + 1)
        let outer = String(repeating: "  ", count: indent)
        switch self {
        case .text(let text): return Self.quoted(text)
        case .number(let number): return String(number)
        case .flag(let flag): return String(flag)
        case .array(let items) where items.allSatisfy(\.isPlain):
            return "[" + items.map { $0.rendered() }.joined(separator: ", ") + "]"
        case .array(let items):
            let lines = items.map { inner + $0.rendered(indent: indent + 1) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members) where members.count <= 1 && members.allSatisfy(\.1.isPlain):
            return "{" + members.map { " \(Self.quoted($0)): \($1.rendered()) " }.joined() + "}"
        case .object(let members):
            let lines = members.map { inner + Self.quoted($0) + ": " + $1.rendered(indent: indent + 1) }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        }
    }

    private var isPlain: Bool {
        switch self {
        case .text, .number, .flag: true
        case .array, .object: false
        }
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 32 || scalar.value == 127:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
