internal import FoundationEssentials

/// Times and durations as people type them.
enum Moment {
    private static let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]

    /// `7d` ago, or a date, or a date and time (RFC 3339): seconds since 1970.
    static func seconds(_ text: String, now: Double) throws -> Double {
        if let span = span(text) { return now - span }
        let whole = text.count == 10 ? "\(text)T00:00:00Z" : text
        do {
            return try Date(whole, strategy: .iso8601).timeIntervalSince1970
        } catch {
            throw CommandFailure(
                .usage, "\"\(text)\" is no time: 7d, 36h, 2026-11-02 or 2026-11-02T03:00:00Z is needed")
        }
    }

    /// `90s`, `5m`, `1h30m`: seconds.
    static func duration(_ text: String) throws -> Double {
        guard let span = span(text) else {
            throw CommandFailure(.usage, "\"\(text)\" is no duration: 90s, 5m or 1h30m is needed")
        }
        return span
    }

    private static func span(_ text: String) -> Double? {
        var total = 0.0
        var number = ""
        for character in text {
            if character.isNumber || character == "." {
                number.append(character)
            } else {
                guard let unit = units[character], let value = Double(number) else { return nil }
                total += value * unit
                number = ""
            }
        }
        return number.isEmpty && !text.isEmpty ? total : nil
    }
}
