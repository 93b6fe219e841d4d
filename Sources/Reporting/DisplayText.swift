/// Text made safe for a terminal.
public enum DisplayText {
    /// Control characters, also those of ISO 6429's second set, and characters that change the direction of writing are
    /// shown as escapes: what a step prints must not drive the terminal.
    public static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\t" {
                result.append(contentsOf: "    ".unicodeScalars)
            } else if isUnsafe(scalar) {
                let code = String(scalar.value, radix: 16)
                let escape = scalar.value < 0x100 ? "\\x\(code.count < 2 ? "0" : "")\(code)" : "\\u{\(code)}"
                result.append(contentsOf: escape.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// The lines of a text; a carriage return before the line feed goes with it.
    public static func lines(of text: String) -> [String] {
        text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { line in
            String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
        }
    }

    /// A text of several lines for people, two columns in.
    static func indented(_ text: String) -> [String] { lines(of: text).map { "  " + escaped($0) } }

    /// What a terminal would leave of a line in which a program went back to the beginning: progress bars draw so.
    static func afterReturns(_ line: String) -> String {
        guard line.utf8.contains(13) else { return line }
        return line.utf8.split(separator: 13).last.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0x2028...0x2029: true
        default: false
        }
    }
}
