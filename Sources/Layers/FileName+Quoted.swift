internal import FileSystem

extension FileName {
    /// For messages: in quotes, control characters and bytes that are no UTF-8 escaped, cut where it is very long.
    var quoted: String {
        let text = String(decoding: bytes.prefix(512), as: UTF8.self)
        let escaped = text.unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return "\"\(escaped.joined())\(bytes.count > 512 ? "…" : "")\""
    }
}
