/// A duration in Go's notation, which the image config and Dockerfiles share: `1m30s`.
public struct GoDuration: Hashable, Sendable {
    public let nanoseconds: Int64

    public static let zero = GoDuration(nanoseconds: 0)

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
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
        var total: Int64 = 0
        while !rest.isEmpty {
            let (sum, overflow) = total.addingReportingOverflow(try Self.takePart(from: &rest, of: text))
            guard !overflow else { throw .invalid(text) }
            total = sum
        }
        nanoseconds = isNegative ? -total : total
    }

    /// A number and its unit.
    private static func takePart(from rest: inout Scalars, of text: String) throws(GoDurationError) -> Int64 {
        let whole = takeDigits(from: &rest)
        var fraction: Scalars = []
        if rest.first == "." {
            rest.removeFirst()
            fraction = takeDigits(from: &rest)
        }
        guard !(whole.isEmpty && fraction.isEmpty) else { throw .invalid(text) }
        let name = rest.prefix { !isDigit($0) && $0 != "." }
        rest = rest[name.endIndex...]
        guard !name.isEmpty else { throw .missingUnit(text) }
        guard let unit = units.first(where: { $0.name.unicodeScalars.elementsEqual(name) }) else {
            throw .unknownUnit(name.text, text)
        }
        // Counted in integers, as Go does: 1.005s is no rounding matter. More than 18 digits behind the dot say nothing.
        guard let count = whole.isEmpty ? 0 : Int64(whole.text) else { throw .invalid(text) }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.nanoseconds)
        let (sum, carry) = product.addingReportingOverflow(part(fraction.prefix(18), of: unit.nanoseconds))
        guard !overflow, !carry else { throw .invalid(text) }
        return sum
    }

    /// The share of a unit that the digits behind the dot stand for, rounded down. 60 and 3,600 are no powers of ten, so
    /// the division comes last, on 128 bits.
    private static func part(_ digits: Scalars, of unit: Int64) -> Int64 {
        guard !digits.isEmpty, let value = Int64(digits.text) else { return 0 }
        let scale = digits.reduce(Int128(1)) { result, _ in result * 10 }
        return Int64(Int128(value) * Int128(unit) / scale)
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { (0x30...0x39).contains(scalar.value) }

    private static func takeDigits(from rest: inout Scalars) -> Scalars {
        let digits = rest.prefix(while: isDigit)
        rest = rest[digits.endIndex...]
        return digits
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
