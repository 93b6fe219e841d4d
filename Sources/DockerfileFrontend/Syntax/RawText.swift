/// Bytes as text and back, nothing lost: what is no UTF-8 stands there as scalars that no text should have.
///
/// Bodies of heredocs may hold any bytes, and variables in them are replaced all the same.
enum RawText {
    /// A byte `b` is `first + b`, in the last private plane. Scalars of that range that are really in the text are
    /// taken apart into their bytes.
    private static let first: UInt32 = 0x10FF00

    static func text(of bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self), !hasMarks(text) { return text }
        var result = String.UnicodeScalarView()
        var rest = bytes[...]
        while !rest.isEmpty {
            var decoder = UTF8()
            var iterator = rest.prefix(4).makeIterator()
            if case .scalarValue(let scalar) = decoder.decode(&iterator), scalar.value < first {
                result.append(scalar)
                rest = rest.dropFirst(UTF8.width(scalar))
            } else if let mark = Unicode.Scalar(first + UInt32(rest.removeFirst())) {
                result.append(mark)
            }
        }
        return String(result)
    }

    static func bytes(of text: String) -> [UInt8] {
        guard hasMarks(text) else { return Array(text.utf8) }
        return text.unicodeScalars.flatMap { scalar in
            scalar.value >= first ? [UInt8(truncatingIfNeeded: scalar.value - first)] : Array(String(scalar).utf8)
        }
    }

    private static func hasMarks(_ text: String) -> Bool {
        // Every such scalar begins with this byte, and few others do.
        text.utf8.contains(0xF4) && text.unicodeScalars.contains { $0.value >= first }
    }
}
