/// Times as image configs write them: RFC 3339, UTC.
enum Timestamp {
    /// Seconds and nanoseconds since 1970 as `2026-11-02T03:04:05.123456789Z`; a zero fraction is left out.
    static func text(seconds: Int64, nanoseconds: Int32 = 0) -> String {
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let rest = seconds - days * 86_400
        let (year, month, day) = civil(days)
        let time = [rest / 3600, rest / 60 % 60, rest % 60].map(twoDigits).joined(separator: ":")
        return "\(fourDigits(year))-\(twoDigits(month))-\(twoDigits(day))T\(time)\(fraction(nanoseconds))Z"
    }

    /// The proleptic Gregorian date of a day counted from 1970-01-01
    /// (https://howardhinnant.github.io/date_algorithms.html#civil_from_days).
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func twoDigits(_ value: Int64) -> String { String(String(100 + value).dropFirst()) }

    private static func fourDigits(_ value: Int64) -> String {
        value < 10_000 && value >= 0 ? String(String(10_000 + value).dropFirst()) : String(value)
    }

    private static func fraction(_ nanoseconds: Int32) -> String {
        guard nanoseconds > 0 else { return "" }
        var digits = String(1_000_000_000 + Int64(nanoseconds)).dropFirst()
        while digits.last == "0" { digits = digits.dropLast() }
        return ".\(digits)"
    }
}
