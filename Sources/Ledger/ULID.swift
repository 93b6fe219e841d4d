internal import Synchronization

/// A sortable identifier: 48 bits of milliseconds since 1970 and 80 random bits, in Crockford's base 32
/// (https://github.com/ulid/spec). Those made in one process ascend, also within a millisecond.
public enum ULID {
    private struct Last: Sendable {
        var milliseconds: UInt64 = 0
        var random: (UInt16, UInt64) = (0, 0)
    }

    private static let last = Mutex(Last())
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// A new identifier for a time in seconds since 1970.
    public static func make(at seconds: Double) -> String {
        let milliseconds = UInt64(max(0, seconds) * 1000) & (1 << 48 - 1)
        let value = last.withLock { last in
            if milliseconds <= last.milliseconds {
                let (low, overflow) = last.random.1.addingReportingOverflow(1)
                last.random = (overflow ? last.random.0 &+ 1 : last.random.0, low)
            } else {
                last.milliseconds = milliseconds
                last.random = (UInt16.random(in: 0...UInt16.max / 2), .random(in: .min ... .max))
            }
            return last
        }
        return text(time: value.milliseconds, high: value.random.0, low: value.random.1)
    }

    private static func text(time: UInt64, high: UInt16, low: UInt64) -> String {
        var digits = (0..<10).map { UInt8(truncatingIfNeeded: time >> (45 - 5 * $0)) & 31 }
        let random = UInt128(high) << 64 | UInt128(low)
        digits += (0..<16).map { UInt8(truncatingIfNeeded: random >> (75 - 5 * $0)) & 31 }
        return String(decoding: digits.map { alphabet[Int($0)] }, as: UTF8.self)
    }
}
