internal import FoundationEssentials

/// Moments for people and for programs, always UTC.
enum DateText {
    /// `2026-11-21 05:04:41`.
    static func short(_ seconds: Double) -> String {
        let text = exact(seconds)
        return text.prefix(19).split(separator: "T").joined(separator: " ")
    }

    /// RFC 3339.
    static func exact(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds.rounded(.down)).formatted(.iso8601)
    }
}
