/// A duration in Go's notation, which the image config and Dockerfiles share: `1m30s`.
public struct GoDuration: Hashable, Sendable {
    public let nanoseconds: Int64

    public static let zero = GoDuration(nanoseconds: 0)

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// Reads numbers with units, with an optional sign; a bare `0` needs no unit.
    public init(parsing text: String) throws(GoDurationError) {
        var rest = Scalars(text)
        let isNegative = rest.first == "-"
        if let sign = rest.first, sign == "-" || sign == "+" { rest.removeFirst() }
        if rest.text == "0" {
            self = .zero
            return
        }
        guard !rest.isEmpty else { throw .invalid(text) }
        var total = 0.0
        while !rest.isEmpty { total += try Self.takePart(from: &rest, of: text) }
        guard total < 9.2e18 else { throw .invalid(text) }
        nanoseconds = Int64(isNegative ? -total : total)
    }

    private static func takePart(from rest: inout Scalars, of text: String) throws(GoDurationError) -> Double {
        let digits = rest.prefix { (0x30...0x39).contains($0.value) || $0 == "." }
        guard digits.contains(where: { $0 != "." }), digits.count(where: { $0 == "." }) <= 1,
            let number = Double("0" + digits.text + (digits.last == "." ? "0" : ""))
        else { throw .invalid(text) }
        rest = rest[digits.endIndex...]
        let name = rest.prefix { !(0x30...0x39).contains($0.value) && $0 != "." }
        guard !name.isEmpty else { throw .missingUnit(text) }
        guard let unit = units.first(where: { $0.name.unicodeScalars.elementsEqual(name) }) else {
            throw .unknownUnit(name.text, text)
        }
        rest = rest[name.endIndex...]
        return (number * unit.nanoseconds).rounded(.towardZero)
    }
}

/// A text that is no duration.
public enum GoDurationError: Error, Hashable, Sendable {
    case invalid(String)
    case missingUnit(String)
    case unknownUnit(String, String)
}

extension GoDurationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalid(let text): "time: invalid duration \(text.quoted)"
        case .missingUnit(let text): "time: missing unit in duration \(text.quoted)"
        case .unknownUnit(let unit, let text): "time: unknown unit \(unit.quoted) in duration \(text.quoted)"
        }
    }
}

extension GoDuration: CustomStringConvertible {
    /// As Go prints it: `1h0m5s`, `1.5s`, `100ms`, `0s`.
    public var description: String {
        let sign = nanoseconds < 0 ? "-" : ""
        let value = nanoseconds.magnitude
        switch value {
        case 0: return "0s"
        case ..<1_000: return "\(sign)\(value)ns"
        case ..<1_000_000: return sign + Self.decimal(value, digits: 3) + "µs"
        case ..<1_000_000_000: return sign + Self.decimal(value, digits: 6) + "ms"
        default:
            let minutes = value / 60_000_000_000
            let seconds = Self.decimal(value % 60_000_000_000, digits: 9) + "s"
            if minutes == 0 { return sign + seconds }
            return sign + (minutes >= 60 ? "\(minutes / 60)h" : "") + "\(minutes % 60)m" + seconds
        }
    }

    /// The value divided by ten to the power of `digits`, without trailing zeros.
    private static func decimal(_ value: UInt64, digits: Int) -> String {
        var text = String(value)
        while text.count <= digits { text = "0" + text }
        var fraction = String(text.suffix(digits))
        while fraction.last == "0" { fraction.removeLast() }
        return text.dropLast(digits) + (fraction.isEmpty ? "" : "." + fraction)
    }
}
