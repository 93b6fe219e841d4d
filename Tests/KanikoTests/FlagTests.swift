import Testing

@testable import Kaniko

/// How flags are written.
@Suite struct FlagTests {
    private static let flags: [Flag] = [
        Flag("cache", .boolean, ""), Flag("destination", .texts, "", short: "d"),
        Flag("context", .text, "", short: "c"),
        Flag("force", .boolean, "", short: "f"), Flag("push-retry", .number, ""), Flag("cache-ttl", .duration, ""),
        Flag("tarPath", .text, "", replacedBy: "tar-path"), Flag("tar-path", .text, ""),
    ]

    private func given(_ line: String) throws(KanikoError) -> GivenFlags {
        try GivenFlags(line.split(separator: " ").map { $0 == "''" ? "" : String($0) }, of: Self.flags)
    }

    @Test(arguments: [
        ("--context=/x", "/x"), ("--context /x", "/x"), ("-c /x", "/x"), ("-c/x", "/x"), ("-c=/x", "/x"),
        ("--context=/a -c /x", "/x"), ("--context=a=b", "a=b"), ("--context --cache", "--cache"), ("-c -", "-"),
        ("-fc /x", "/x"), ("-fc=/x", "/x"),
    ]) func `a text stands behind a sign or a blank, and the last counts`(line: String, expected: String) throws {
        #expect(try given(line).text("context") == expected)
    }

    @Test(
        arguments: [
            ("--cache", true), ("--cache=true", true), ("--cache=false", false), ("--cache=1", true),
            ("--cache=F", false),
            ("--cache=TRUE", true), ("--cache --cache=false", false), ("-f", nil), ("", nil),
        ] as [(String, Bool?)])
    func `a boolean needs no value`(line: String, expected: Bool?) throws {
        #expect(try given(line).boolean("cache") == expected)
    }

    @Test func `repeated flags add up, and empty values are none`() throws {
        let flags = try given("-d a --destination=b --destination '' -dc --context=")
        #expect(flags.texts("destination") == ["a", "b", "c"])
        #expect(flags.text("context") == nil)
    }

    @Test func `flags and arguments may be mixed, and two dashes end flags`() throws {
        let flags = try given("push -d a x -- -f --cache")
        #expect(flags.arguments == ["push", "x", "-f", "--cache"])
        #expect(flags.boolean("force") == nil)
    }

    @Test func `an older spelling is the flag that took its place`() throws {
        let flags = try given("--tarPath x.tar")
        #expect(flags.text("tar-path") == "x.tar")
        #expect(flags.idleNotes == ["--tarPath is an older spelling of --tar-path"])
    }

    @Test(arguments: [
        ("--destinaton x", KanikoError.unknownFlag("--destinaton", nearest: "--destination")),
        ("--zzz", .unknownFlag("--zzz", nearest: nil)),
        ("--cachettl=1h", .unknownFlag("--cachettl", nearest: "--cache-ttl")),
        ("-destination=x", .unknownFlag("-destination=x", nearest: "--destination=x")),
        ("-z", .unknownFlag("-z", nearest: nil)),
        ("--context", .missingValue("--context")),
        ("--cache=yes", .badValue("--cache", "yes", reason: "true or false is needed")),
        ("--push-retry=often", .badValue("--push-retry", "often", reason: "a number is needed")),
        ("--cache-ttl=14d", .badValue("--cache-ttl", "14d", reason: "a duration is needed, as 6h or 1h30m")),
        ("--cache-ttl=6", .badValue("--cache-ttl", "6", reason: "a duration is needed, as 6h or 1h30m")),
    ]) func `a slip is an error that says what was meant`(line: String, expected: KanikoError) {
        #expect(throws: expected) { try given(line) }
    }

    @Test func `a value apart from its boolean is an error that says how to write it`() throws {
        let flags = try given("--cache true -d x")
        #expect(throws: KanikoError.unexpectedArgument("true", after: "--cache")) { try flags.checkNoArguments() }
        let word = try given("--cache build")
        #expect(throws: KanikoError.unexpectedArgument("build", after: nil)) { try word.checkNoArguments() }
    }

    @Test(
        arguments: [
            ("336h", 1_209_600), ("1h30m", 5400), ("90s", 90), ("1.5h", 5400), ("0", 0), ("100ms", 0.1), ("+2m", 120),
            ("-1h", -3600), ("", nil), ("h", nil), ("5", nil), ("1d", nil), ("1h30", nil), ("..h", nil),
        ] as [(String, Double?)])
    func `durations are Go's`(text: String, expected: Double?) {
        #expect(GoText.seconds(text) == expected)
    }

    @Test(arguments: [("executor", Flag.executor), ("warmer", Flag.warmer)])
    func `no flag is there twice, and each says what it does`(program: String, flags: [Flag]) {
        #expect(Set(flags.map(\.name)).count == flags.count)
        let letters = flags.compactMap(\.short)
        #expect(Set(letters).count == letters.count)
        for flag in flags where flag.replacedBy == nil { #expect(!flag.about.isEmpty, "\(flag.name)") }
        for flag in flags {
            if let name = flag.replacedBy { #expect(flags.contains { $0.name == name }) }
        }
    }
}
