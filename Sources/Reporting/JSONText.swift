internal import FoundationEssentials

/// JSON for programs: sorted keys, slashes as they are. Characters that could drive a terminal are written as `\u` escapes.
enum JSONText {
    static func of(_ value: some Encodable, pretty: Bool = false) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return escaped(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// The encoder escapes the first 32 characters only. The others stand in strings only, if at all.
    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: needsEscape) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if needsEscape(scalar) {
                let code = String(scalar.value, radix: 16)
                let zeros = String(repeating: "0", count: 4 - code.count)
                result.append(contentsOf: "\\u\(zeros)\(code)".unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x7F && DisplayText.isUnsafe(scalar)
    }
}
