import Testing

@testable import Clouds

@Suite struct PercentTests {
    @Test(arguments: [
        ("a b", "a%20b"), ("a/b", "a%2Fb"), ("ü", "%C3%BC"), ("-._~", "-._~"), ("a+b=c&d", "a%2Bb%3Dc%26d"),
    ])
    func `everything but unreserved characters is encoded, and comes back`(text: String, encoded: String) {
        #expect(Percent.encode(text) == encoded)
        #expect(Percent.decode(encoded) == text)
    }

    @Test(arguments: [("100%", "100%"), ("%zz", "%zz"), ("%4", "%4"), ("%41", "A")])
    func `a percent sign without two digits is itself`(text: String, decoded: String) {
        #expect(Percent.decode(text) == decoded)
    }

    @Test func `what is no UTF-8 is no text`() { #expect(Percent.decode("%ff") == nil) }
}

@Suite struct ServiceTimeTests {
    @Test(arguments: [
        (1_440_938_160.0, "20150830T123600Z", "Sun, 30 Aug 2015 12:36:00 GMT"),
        (1_709_164_799.9, "20240228T235959Z", "Wed, 28 Feb 2024 23:59:59 GMT"),
    ])
    func `a second is written as services want it`(seconds: Double, basic: String, http: String) {
        #expect(ServiceTime(seconds).basic == basic)
        #expect(ServiceTime(seconds).http == http)
        #expect(ServiceTime(seconds).day == String(basic.prefix(8)))
    }

    @Test(
        arguments: [
            ("2015-08-30T12:36:00Z", 1_440_938_160), ("2015-08-30T12:36:00.123456Z", 1_440_938_160),
            ("2015-08-30", nil), ("", nil), ("2015-08-30T12:36:00+02:00", nil),
        ] as [(String, Int64?)])
    func `a time of a service is read`(text: String, seconds: Int64?) {
        #expect(ServiceTime(text)?.secondsSince1970 == seconds)
    }
}
