import Testing

@testable import Reporting

@Suite struct DisplayTextTests {
    @Test(arguments: [
        ("plain ü 日本", "plain ü 日本"),
        ("\u{1B}[31mred\u{1B}[0m", "\\x1b[31mred\\x1b[0m"),
        ("\u{1B}]0;title\u{7}", "\\x1b]0;title\\x07"),
        ("\u{9B}2J\u{90}x\u{9C}", "\\x9b2J\\x90x\\x9c"),
        ("a\tb\rc\nd\u{8}\u{0}\u{7F}", "a    b\\x0dc\\x0ad\\x08\\x00\\x7f"),
        // Text that reads otherwise than it is.
        ("a\u{202E}b\u{2066}c\u{61C}", "a\\u{202e}b\\u{2066}c\\u{61c}"),
        // A control character that is part of a grapheme with others.
        ("\r\n\u{301}", "\\x0d\\x0a\u{301}"),
    ])
    func `what could drive the terminal is shown as an escape`(_ text: String, _ shown: String) {
        #expect(DisplayText.escaped(text) == shown)
    }

    @Test func `nothing unsafe is left of any character`() {
        for value in 0...0x10FFFF {
            guard let scalar = Unicode.Scalar(value as Int).flatMap({ $0 }) else { continue }
            let shown = DisplayText.escaped(String(Character(scalar)))
            #expect(!shown.unicodeScalars.contains { $0.properties.generalCategory == .control }, "\(value)")
        }
    }

    @Test(arguments: [
        ("abc", 3), ("", 0), ("日本", 4), ("한", 2), ("e\u{301}", 1), ("✅", 2), ("❤\u{FE0F}", 2), ("❤", 1), ("🚀", 2),
        ("👨‍👩‍👧", 2), ("🇫🇷", 2), ("a\u{200B}b", 2), ("…", 1), ("ﾊ", 1), ("ハ", 2),
    ])
    func `columns are counted as terminals do`(_ text: String, _ columns: Int) {
        #expect(DisplayText.width(text) == columns)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("abc", 1, "…"),
        ("abc", 0, ""),
    ])
    func `a text is cut to columns`(_ text: String, _ columns: Int, _ cut: String) {
        #expect(DisplayText.cut(text, to: columns) == cut)
        #expect(DisplayText.width(cut) <= columns)
    }

    @Test(arguments: [("a\r\nb", ["a", "b"]), ("a\n", ["a", ""]), ("a\rb", ["a\rb"]), ("", [""])])
    func `lines end at line feeds`(_ text: String, _ lines: [String]) {
        #expect(DisplayText.lines(of: text) == lines)
    }

    @Test(arguments: [("1%\r50%\r100%", "100%"), ("done\r", "done"), ("\r\r", ""), ("x", "x")])
    func `of a line that was written over the last writing counts`(_ line: String, _ left: String) {
        #expect(DisplayText.afterReturns(line) == left)
    }
}

@Suite struct QuantityTests {
    @Test(arguments: [
        (0, "0ms"), (0.0004, "0ms"), (0.094, "94ms"), (0.095, "0.1s"), (12.34, "12.3s"), (59.94, "59.9s"),
        (59.96, "1m00s"), (119.6, "2m00s"), (3599.6, "1h00m"), (7384, "2h03m"), (-1, "0ms"),
    ])
    func `durations have two figures of meaning`(_ seconds: Double, _ text: String) {
        #expect(Quantity.seconds(seconds) == text)
    }

    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9949, "9.9 kB"), (9951, "10 kB"), (999_499, "999 kB"),
            (999_500, "1.0 MB"), (27_912_345, "28 MB"), (5_000_000_000_000_000, "5000 TB"),
        ] as [(Int64, String)])
    func `sizes are decimal`(_ bytes: Int64, _ text: String) {
        #expect(Quantity.bytes(bytes) == text)
    }
}

@Suite struct TextStyleTests {
    @Test(
        arguments: [
            ([:], true, true), ([:], false, false), (["TERM": "dumb"], true, false), (["NO_COLOR": "1"], true, false),
            (["NO_COLOR": ""], true, true), (["FORCE_COLOR": "1"], false, true), (["FORCE_COLOR": "0"], false, false),
            (["FORCE_COLOR": "1", "NO_COLOR": "1"], true, false), (["CLICOLOR": "0"], true, false),
            (["CLICOLOR_FORCE": "1"], false, true), (["CLICOLOR": "0", "CLICOLOR_FORCE": "1"], true, true),
        ] as [([String: String], Bool, Bool)])
    func `the environment decides on colours`(_ environment: [String: String], _ isTerminal: Bool, _ isColored: Bool) {
        #expect(TextStyle(environment: environment, isTerminal: isTerminal).isColored == isColored)
    }
}
