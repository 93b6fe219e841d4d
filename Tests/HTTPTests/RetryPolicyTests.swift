import HTTP
import Testing

@Suite struct RetryPolicyTests {
    @Test func `delays double up to the longest and then end`() {
        let policy = RetryPolicy(attempts: 6, firstDelay: .seconds(1), longestDelay: .seconds(5), random: { 1 })
        let delays = (1...6).map { policy.delay(after: $0, retryAfter: nil) }
        #expect(delays == [.seconds(1), .seconds(2), .seconds(4), .seconds(5), .seconds(5), nil])
    }

    @Test func `jitter takes at most half of a delay`() {
        let policy = RetryPolicy(firstDelay: .seconds(2), random: { 0 })
        #expect(policy.delay(after: 1, retryAfter: nil) == .seconds(1))
    }

    @Test func `a server's own pause is kept unless it is too long`() {
        let policy = RetryPolicy(attempts: 3, longestRetryAfter: .seconds(60))
        #expect(policy.delay(after: 1, retryAfter: .seconds(60)) == .seconds(60))
        #expect(policy.delay(after: 1, retryAfter: .seconds(61)) == nil)
        #expect(policy.delay(after: 3, retryAfter: .seconds(1)) == nil)
    }

    @Test(
        arguments: [
            ("3", Duration.seconds(3)), ("0", .seconds(0)), ("-1", nil), ("soon", nil), ("", nil),
            ("Sat, 21 Nov 2026 00:00:10 GMT", .seconds(10)), ("Sat, 21 Nov 2026 00:00:00 GMT", .seconds(0)),
            ("Fri, 20 Nov 2026 00:00:00 GMT", .seconds(0)), ("99999999999999999999", nil),
        ] as [(String, Duration?)])
    func `Retry-After is seconds or a date`(text: String, expected: Duration?) {
        // 2026-11-21 00:00:00 UTC
        #expect(parseRetryAfter(text, now: 1_795_219_200) == expected)
    }
}
