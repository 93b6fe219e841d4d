/// Numbers with units, for people.
enum Quantity {
    /// `812 B`, `4.1 kB`, `27.9 MB`: decimal units, as registries count.
    static func bytes(_ count: Int64) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB", "TB"] {
            if value < 999.5 || unit == "TB" {
                return value < 9.95 && unit != "B" ? "\(rounded(value, 1)) \(unit)" : "\(rounded(value, 0)) \(unit)"
            }
            value /= 1000
        }
        return "\(count) B"
    }

    /// `0.4s`, `12.3s`, `4m05s`, `2h03m`.
    static func seconds(_ seconds: Double) -> String {
        switch max(0, seconds) {
        case ..<0.095: "\(Int((max(0, seconds) * 1000).rounded()))ms"
        case ..<59.95: "\(rounded(seconds, 1))s"
        default: wholeSeconds(Int(seconds.rounded()))
        }
    }

    /// `4s`, `4m05s`, `2h03m`: for a clock that ticks.
    static func wholeSeconds(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(max(0, seconds))s"
        case ..<3600: "\(seconds / 60)m\(twoDigits(seconds % 60))s"
        default: "\(seconds / 3600)h\(twoDigits(seconds / 60 % 60))m"
        }
    }

    /// Seconds without the noise of a difference of two clocks.
    static func milliseconds(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }

    /// With exactly so many digits (0 or 1) after the point.
    private static func rounded(_ value: Double, _ digits: Int) -> String {
        if digits == 0 { return "\(Int(value.rounded()))" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
