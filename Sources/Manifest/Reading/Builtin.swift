/// The names of `${…}` that the program gives.
enum Builtin {
    /// First words; no variable and no matrix key may have such a name.
    static let names = ["image", "run", "git", "date", "base"]

    /// As they are written, for hints.
    static let forms = [
        "image", "image.name", "run", "git.sha", "git.short", "git.branch", "git.remote", "base.digest",
    ]

    static func isDeferred(_ name: String) -> Bool {
        name == "base.digest" || name.hasPrefix("base.label:") && name != "base.label:"
    }
}

/// A point in time as `${date:FORMAT}` shows it: UTC, proleptic Gregorian calendar.
struct CivilTime {
    private let fields: [(token: String, value: Int)]

    /// - Parameter seconds: since 1970.
    init(seconds: Int64) {
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let second = Int(seconds) - days * 86_400
        // Days from 0000-03-01, in eras of 400 years: http://howardhinnant.github.io/date_algorithms.html
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        fields = [
            ("yyyy", yearOfEra + era * 400 + (month <= 2 ? 1 : 0)), ("MM", month),
            ("dd", dayOfYear - (153 * shiftedMonth + 2) / 5 + 1), ("HH", second / 3600), ("mm", second / 60 % 60),
            ("ss", second % 60),
        ]
    }

    /// `yyyy MM dd HH mm ss` replaced, other characters kept; nil if another letter is in it.
    func formatted(_ format: String) -> String? {
        var rest = format[...]
        var result = ""
        while let first = rest.first {
            if let field = fields.first(where: { rest.hasPrefix($0.token) }) {
                let digits = String(field.value)
                result += String(repeating: "0", count: max(0, field.token.count - digits.count)) + digits
                rest = rest.dropFirst(field.token.count)
            } else {
                guard !first.isLetter else { return nil }
                result.append(first)
                rest.removeFirst()
            }
        }
        return result
    }
}
