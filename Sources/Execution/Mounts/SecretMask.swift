/// Texts that must not be shown: the values of secrets, their lines, and what base64 and hexadecimal make of them.
struct SecretMask {
    /// Sorted, so that the texts that begin alike lie together.
    private var texts: [[UInt8]] = []
    /// Whether a text begins with a byte.
    private var begins = [Bool](repeating: false, count: 256)

    static let mask = Array("***".utf8)
    /// Shorter ones are also found where nobody speaks of the secret.
    private static let shortestValue = 4
    private static let shortestPart = 8
    /// Longer texts are looked for in pieces.
    private static let longestPiece = 4096
    /// Columns after which programs break lines: openssl and base64, xxd.
    private static let base64Columns = [64, 76]
    private static let hexadecimalColumns = 60
    /// Of more lines, and of more bytes inside others, only the plain text is looked for.
    private static let mostLines = 100
    private static let mostShifted = 4096

    init(_ secrets: [[UInt8]]) {
        var all: Set<[UInt8]> = []
        for secret in secrets { all.formUnion(Self.texts(of: secret)) }
        texts = all.sorted { $0.lexicographicallyPrecedes($1) }
        for text in texts { begins[Int(text[0])] = true }
    }

    var isEmpty: Bool { texts.isEmpty }

    private static func texts(of secret: [UInt8]) -> Set<[UInt8]> {
        let value = secret.trimmed
        guard value.count >= shortestValue else { return [] }
        let lines = value.split(separator: 10).map { Array($0).trimmed }.filter { $0.count >= shortestPart }
        let parts = [value, secret] + (lines.count > mostLines ? [] : lines)
        let encoded = Set(parts).flatMap(encodings).filter { $0.count >= shortestPart }
        return Set(
            ([value] + lines + encoded).flatMap { $0.pieces(of: longestPiece) }.filter { $0.count >= shortestValue })
    }

    private static func encodings(_ value: [UInt8]) -> [[UInt8]] {
        let base64 = Base64.whole(value)
        let hexadecimal = value.hexadecimal("0123456789abcdef")
        let all = base64 + (value.count > mostShifted ? [] : Base64.shifted(value))
        let urlSafe = all.map { $0.map { $0 == 43 ? 45 : $0 == 47 ? 95 : $0 } }
        let broken = base64Columns.flatMap { base64[0].pieces(of: $0) } + hexadecimal.pieces(of: hexadecimalColumns)
        return all + urlSafe + broken + [hexadecimal, value.hexadecimal("0123456789ABCDEF")]
    }

    enum Finding: Equatable {
        case none
        /// So many bytes.
        case found(Int)
        /// It may be one when more bytes have come.
        case open
    }

    /// The longest text that stands at a place of `bytes`.
    func look(at place: Int, in bytes: [UInt8], isEnd: Bool) -> Finding {
        guard begins[Int(bytes[place])] else { return .none }
        var candidates = texts[...]
        var found = Finding.none
        for offset in 0... {
            if let first = candidates.first, first.count == offset {
                found = .found(offset)
                candidates.removeFirst()
            }
            guard place + offset < bytes.count else { return isEnd || candidates.isEmpty ? found : .open }
            let byte = bytes[place + offset]
            candidates = candidates[candidates.partitionPoint { $0[offset] >= byte }...]
            candidates = candidates[..<candidates.partitionPoint { $0[offset] > byte }]
            if candidates.isEmpty { return found }
        }
        return found
    }
}

/// Replaces texts in a stream, however its bytes come in.
struct MaskedStream {
    let mask: SecretMask
    /// Bytes with which a text may begin.
    private var pending: [UInt8] = []

    init(_ mask: SecretMask) {
        self.mask = mask
    }

    /// What can be shown with these bytes.
    mutating func add(_ bytes: [UInt8]) -> [UInt8] { mask.isEmpty ? bytes : replace(pending + bytes, isEnd: false) }

    /// What is left when the stream ends.
    mutating func finish() -> [UInt8] { replace(pending, isEnd: true) }

    private mutating func replace(_ bytes: [UInt8], isEnd: Bool) -> [UInt8] {
        var shown: [UInt8] = []
        shown.reserveCapacity(bytes.count)
        var place = 0
        pending = []
        while place < bytes.count {
            switch mask.look(at: place, in: bytes, isEnd: isEnd) {
            case .none:
                shown.append(bytes[place])
                place += 1
            case .found(let count):
                shown += SecretMask.mask
                place += count
            case .open:
                pending = Array(bytes[place...])
                return shown
            }
        }
        return shown
    }
}
