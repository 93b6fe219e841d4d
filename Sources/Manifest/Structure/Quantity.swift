/// Numbers with units, as people write them.
public enum Quantity {
    /// `4GiB`, `512MiB`, `1.5GB`, `64k`, `1048576`: a number of bytes above 0. `K`, `M`, `G`, `T` alone are those of `KB` …
    public static func bytes(_ text: String) -> Int64? {
        let number = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let unit = text.dropFirst(number.count).drop { $0 == " " }
        guard let value = decimal(String(number)), let factor = factors[String(unit)] else { return nil }
        let bytes = value * factor
        return bytes >= 1 && bytes < 9e18 ? Int64(bytes) : nil
    }

    private static let factors: [String: Double] = {
        var factors: [String: Double] = ["": 1, "B": 1]
        for (index, letter) in ["k", "M", "G", "T"].enumerated() {
            let power = Double(index + 1)
            let (decimal, binary) = (exponent(1000, power), exponent(1024, power))
            for letter in [letter, letter.uppercased()] {
                factors[letter] = decimal
                factors[letter + "B"] = decimal
                factors[letter + "i"] = binary
                factors[letter + "iB"] = binary
            }
        }
        return factors
    }()

    private static func exponent(_ base: Double, _ power: Double) -> Double {
        (0..<Int(power)).reduce(1) { result, _ in result * base }
    }

    /// `90s`, `30m`, `1h30m`, `14d`, `250ms`: above 0, units in falling order.
    static func seconds(_ text: String) -> Duration? {
        var rest = text[...]
        var total = Duration.zero
        var units: [(String, Duration)] = [
            ("d", .seconds(86_400)), ("h", .seconds(3600)), ("m", .seconds(60)), ("s", .seconds(1)),
            ("ms", .milliseconds(1)),
        ]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let unit = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
            guard let number = Int(digits), number <= 1_000_000_000,
                let index = units.firstIndex(where: { $0.0 == unit })
            else { return nil }
            total += units[index].1 * number
            units.removeFirst(index + 1)
            rest = rest.dropFirst(digits.count + unit.count)
        }
        return total > .zero ? total : nil
    }

    /// `2`, `0.5`: digits with at most one point between them.
    static func decimal(_ text: String) -> Double? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, text.utf8.count <= 30, parts.allSatisfy({ !$0.isEmpty && isDigits($0) }) else {
            return nil
        }
        return Double(text)
    }

    /// Digits alone, no sign.
    static func integer(_ text: String) -> Int64? {
        isDigits(text[...]) ? Int64(text) : nil
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    }
}
