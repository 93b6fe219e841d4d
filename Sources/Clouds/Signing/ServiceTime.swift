#if canImport(Glibc)
    internal import Glibc
#endif

/// A second in UTC, in the forms in which services write it.
struct ServiceTime: Hashable {
    let secondsSince1970: Int64

    init(_ seconds: Double) { secondsSince1970 = Int64(seconds) }

    /// RFC 3339 in UTC, with or without fractions: `2026-11-21T15:00:00Z`. Nil for anything else.
    init?(_ text: String) {
        let parts = text.split { !$0.isNumber }.compactMap { Int32($0) }
        guard parts.count >= 6, text.hasSuffix("Z") else { return nil }
        var fields = tm()
        (fields.tm_year, fields.tm_mon, fields.tm_mday) = (parts[0] - 1900, parts[1] - 1, parts[2])
        (fields.tm_hour, fields.tm_min, fields.tm_sec) = (parts[3], parts[4], parts[5])
        secondsSince1970 = Int64(timegm(&fields))
    }

    private var fields: tm {
        var seconds = time_t(secondsSince1970)
        var fields = tm()
        gmtime_r(&seconds, &fields)
        return fields
    }

    private static func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// `20261121`
    var day: String {
        let fields = fields
        return "\(fields.tm_year + 1900)\(Self.two(fields.tm_mon + 1))\(Self.two(fields.tm_mday))"
    }

    /// `20261121T150000Z`
    var basic: String {
        let fields = fields
        return "\(day)T\(Self.two(fields.tm_hour))\(Self.two(fields.tm_min))\(Self.two(fields.tm_sec))Z"
    }

    /// RFC 9110: `Sat, 21 Nov 2026 15:00:00 GMT`
    var http: String {
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let fields = fields
        let time = [fields.tm_hour, fields.tm_min, fields.tm_sec].map(Self.two).joined(separator: ":")
        return "\(days[Int(fields.tm_wday)]), \(Self.two(fields.tm_mday)) \(months[Int(fields.tm_mon)])"
            + " \(fields.tm_year + 1900) \(time) GMT"
    }
}
