import Templates
import Testing

@testable import Manifest

/// The small languages in the manifest's texts.
@Suite struct ValueTests {
    @Test(
        arguments: [
            ("4GiB", 4_294_967_296), ("512MiB", 536_870_912), ("100MB", 100_000_000), ("1.5G", 1_500_000_000),
            ("64k", 64_000), ("64Ki", 65_536), ("7", 7), ("7B", 7), ("1 TiB", 1_099_511_627_776), ("0", nil), ("", nil),
            ("-1", nil), ("1e3", nil), ("4GX", nil), ("GiB", nil), ("1.2.3M", nil), ("99999999T", nil), (".5M", nil),
        ] as [(String, Int64?)])
    func `a size is a number of bytes`(text: String, expected: Int64?) {
        #expect(Quantity.bytes(text) == expected)
    }

    @Test(
        arguments: [
            ("30m", 1_800_000), ("1h30m", 5_400_000), ("90s", 90_000), ("14d", 1_209_600_000), ("250ms", 250),
            ("1s1ms", 1001), ("0s", nil), ("30", nil), ("", nil), ("30m1h", nil), ("1m1m", nil), ("1y", nil),
            ("m", nil), ("1.5h", nil), ("-1s", nil), ("99999999999d", nil),
        ] as [(String, Int?)])
    func `a duration has units in falling order`(text: String, milliseconds: Int?) {
        #expect(Quantity.seconds(text) == milliseconds.map { .milliseconds($0) })
    }

    @Test(
        arguments: [
            ("a == b", true), ("a==b", true), ("a != b", false), ("a == \"b\"", true), ("a == 'b c'", false),
            ("not a == c", true), ("a == x or a == b", true), ("a == x and a == b or c == d", true),
            ("a == b or c == d and x == y", true), ("(a == b or c == d) and x == y", false),
            ("not (a == x or c == x)", true), ("'a' == b", true), ("missing != b", true), ("missing == b", false),
        ])
    func `a condition compares names with texts`(text: String, expected: Bool) throws {
        let values = ["a": "b", "c": "d"]
        #expect(try Condition(text).holds { values[$0] } == expected)
    }

    @Test(
        arguments: [
            ("", .incomplete), ("a", .incomplete), ("a ==", .incomplete), ("a == b and", .incomplete),
            ("(a == b", .incomplete), ("a = b", .unexpected("=")), ("a == b c", .unexpected("c")),
            ("a == and", .unexpected("and")), ("a == b)", .unexpected(")")), ("a == 'b", .unexpected("'b")),
            (String(repeating: "(", count: 2000), .tooLong),
        ] as [(String, ConditionError)])
    func `a wrong condition is refused`(text: String, expected: ConditionError) {
        #expect(throws: expected) { try Condition(text) }
    }

    @Test(
        arguments: [
            (0, "yyyy-MM-dd HH:mm:ss", "1970-01-01 00:00:00"), (951_782_400, "yyyyMMdd", "20000229"),
            (1_709_251_199, "yyyy.MM.dd-HHmmss", "2024.02.29-235959"), (-1, "yyyyMMddHHmmss", "19691231235959"),
            (4_102_444_800, "dd/MM/yyyy", "01/01/2100"), (0, "", ""), (0, "yy", nil), (0, "MMM", nil), (0, "d", nil),
        ] as [(Int64, String, String?)])
    func `a date is formatted in UTC`(seconds: Int64, format: String, expected: String?) {
        #expect(CivilTime(seconds: seconds).formatted(format) == expected)
    }

    @Test(
        arguments: [
            ("", []), ("a$b", [.literal("a$b")]), ("${a}", [.reference("a", offset: 0)]),
            ("x${a}${b}", [.literal("x"), .reference("a", offset: 1), .reference("b", offset: 5)]),
            ("$${a}$", [.literal("${a}$")]), ("$$${a}", [.literal("$${a}")]),
            ("ä${", [.literal("ä"), .unterminated("${", offset: 1)]),
            ("${a", [.unterminated("${a", offset: 0)]), ("${}", [.reference("", offset: 0)]),
        ] as [(String, [Template.Piece])])
    func `a text is cut at its expansions`(text: String, expected: [Template.Piece]) {
        #expect(Template(text).pieces == expected)
    }

    @Test(
        arguments: [
            ("22.9.1", ["22.9.1", "22.9", "22"]), ("v1.2.3", ["v1.2.3", "v1.2", "v1"]), ("1.0.0-rc.1", ["1.0.0-rc.1"]),
            ("1.2", nil), ("1.2.x", nil), ("1.2.3-", nil), ("1.2.3+b", nil), ("", nil), ("1..3", nil),
        ] as [(String, [String]?)])
    func `a semantic version gives its tags`(text: String, expected: [String]?) {
        #expect(SemanticVersion(text)?.tags == expected)
    }

    @Test(
        arguments: [
            ("*", "a/b", true), ("python-*", "python-3.10", true), ("python-*", "python", false), ("a?c", "abc", true),
            ("*a*b", "xaxab", true), ("*a*b", "xaxa", false), ("", "", true), ("**", "", true), ("?", "", false),
        ])
    func `a pattern covers a whole name`(pattern: String, name: String, expected: Bool) {
        #expect(NamePattern(pattern).matches(name) == expected)
    }

    @Test(
        arguments: [
            ("taggs", "tags"), ("pyhton", "python"), ("lables", "labels"), ("x", nil), ("ab", nil),
            ("contexts!", "contexts"),
            ("something", nil),
        ] as [(String, String?)])
    func `the nearest name is suggested`(name: String, expected: String?) {
        #expect(Suggestion.nearest(to: name, among: ["tags", "python", "labels", "contexts", "ac"]) == expected)
    }
}
