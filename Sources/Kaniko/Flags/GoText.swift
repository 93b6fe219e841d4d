/// Values as Go's standard library reads them.
enum GoText {
    /// `strconv.ParseBool`
    static func boolean(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "TRUE", "true", "True": true
        case "0", "f", "F", "FALSE", "false", "False": false
        default: nil
        }
    }

    /// `strconv.ParseInt` of base 0, without its other bases.
    static func number(_ text: String) -> Int? { Int(text) }

    private static let units: [(name: String, seconds: Double)] = [
        ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("μs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600),
    ]

    /// `time.ParseDuration`: `336h`, `1h30m`, `1.5h`, `0`; in seconds.
    static func seconds(_ text: String) -> Double? {
        var rest = text[...]
        let sign: Double = rest.hasPrefix("-") ? -1 : 1
        if rest.hasPrefix("-") || rest.hasPrefix("+") { rest.removeFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            let unit = rest.dropFirst(digits.count).prefix { !($0.isASCII && $0.isNumber) && $0 != "." }
            guard let number = Double(digits), let factor = units.first(where: { $0.name == unit })?.seconds else {
                return nil
            }
            total += number * factor
            rest = rest.dropFirst(digits.count + unit.count)
        }
        return sign * total
    }
}

/// `NAME=VALUE`; the name is not empty, the value may have further signs.
struct KeyValue {
    let name: String
    let value: String

    init?(_ text: String) {
        guard let sign = text.firstIndex(of: "="), sign != text.startIndex else { return nil }
        name = String(text[..<sign])
        value = String(text[text.index(after: sign)...])
    }
}
