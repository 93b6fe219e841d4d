import DockerfileFrontend
import Testing

/// Damaged files end in values or errors, never in a trap.
@Suite struct MutationTests {
    /// A small generator with a seed: the same files each time.
    struct Dice {
        var state: UInt64

        mutating func roll(_ sides: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(truncatingIfNeeded: state >> 33) % max(sides, 1)
        }
    }

    private static let snippets: [String] = [
        "$", "${", "}", "${x:-", "${x##*/}", "${x//a/b}", "\"", "'", "\\", "\\\n", "`", "# escape=`\n", "\r", "\n",
        "\t",
        "--", "--from=", "--chmod=u+", "<<E", "<<-\"E\"", "[", "[\"a\",", "\\u", "\\ud800", "]", "=", ":", "/", "*",
        "**",
        "!", "#", "-", "65535-", "\u{FEFF}", "\u{301}", "é", "😀", "\0", "FROM x AS y\n", "ONBUILD ", "RUN ", "COPY ",
        "HEALTHCHECK --interval=9999999999h CMD ", "EXPOSE 0-65536\n", "ENV a", "ARG ",
        "--mount=type=", ",target=", "--device=", "--exclude=", "/./", "https://x/y.git?ref=", "#!", "<<a <<b",
        "\nEOF\n", "SOURCE_DATE_EPOCH", "// syntax=", "{\"syntax\":", "%2", "\u{10FF80}",
    ]

    private func mutated(_ bytes: [UInt8], _ dice: inout Dice) -> [UInt8] {
        var bytes = bytes
        for _ in 0...dice.roll(4) {
            let place = dice.roll(bytes.count + 1)
            let end = min(bytes.count, place + dice.roll(12))
            switch dice.roll(5) {
            case 0: bytes.replaceSubrange(place..<end, with: [])
            case 1: bytes.insert(contentsOf: bytes[place..<end], at: dice.roll(bytes.count + 1))
            case 2: bytes.insert(UInt8(dice.roll(256)), at: place)
            default: bytes.insert(contentsOf: Self.snippets[dice.roll(Self.snippets.count)].utf8, at: place)
            }
        }
        return bytes
    }

    @Test(arguments: 0..<4)
    func `no damaged Dockerfile crashes`(seed: Int) throws {
        var dice = Dice(state: UInt64(seed) &* 7919 &+ 1)
        let files = try ["parse", "graph", "invalid"].flatMap(Case.all).map { try $0.bytes() }.filter {
            $0.count < 2000
        }
        var parsed = 0
        for round in 0..<5000 {
            guard let file = try? Dockerfile(parsing: mutated(files[dice.roll(files.count)], &dice)) else { continue }
            parsed += 1
            if round % 3 == 0 { use(file) }
        }
        #expect(parsed > 500)
    }

    /// All that a build would do with the file.
    private func use(_ file: Dockerfile) {
        let platform = PlatformValues(os: "linux", architecture: "amd64")
        for instruction in file.stages.flatMap(\.instructions) {
            _ = file.excerpt(instruction.lines)
            let expanded = try? instruction.expanded(by: file.expander) { ["x": "1", "a": ""][$0] }
            if case .expose(let words) = expanded?.kind { _ = words.map { try? ExposedPort.parse($0) } }
            if case .copy(let copy) = expanded?.kind {
                _ = copy.sources.map { try? FilePattern.components(of: $0).map { $0.matches([0xFF, 0x61]) } }
                _ = copy.sources.map { try? ParentsPath($0).matcher().root.entering([0xFF]).mayMatchBelow }
                _ = HistoryText.copy(copy)
            }
            if case .add(let add) = expanded?.kind { _ = try? add.resolvedSources() }
        }
        guard let scope = try? GlobalScope(file, targetPlatform: platform) else { return }
        do {
            let graph = try StageGraph(file, scope: scope, namedContexts: ["x"], includesAllStages: true)
            _ = graph.externalReferences
            _ = graph.lint(environment: { _ in ["PATH": "/bin"] })
            _ = try? graph.sourceDateEpoch()
        } catch {
            #expect(!error.description.isEmpty)
        }
    }

    @Test func `no damaged ignore file or word crashes`() {
        var dice = Dice(state: 4711)
        let ignore = Array("*.o\n!a/**/b[c-d]\\*\n# c\nx/**\n".utf8)
        let word = Array("a${b:-\"c d\"}${e##*/}'f'${g//h/i}\\j$$k".utf8)
        for _ in 0..<2000 {
            if let file = try? IgnoreFile(parsing: mutated(ignore, &dice)) {
                _ = file.isExcluded(String(decoding: mutated(ignore, &dice), as: UTF8.self))
            }
            let text = String(decoding: mutated(word, &dice), as: UTF8.self)
            _ = try? WordExpander(escape: .backslash).expand(text) { ["b": "", "e": "x/y", "g": "hh"][$0] }
        }
    }

    @Test func `deep nesting is refused, not followed`() throws {
        let depth = 100_000
        let word = String(repeating: "${x:-", count: depth) + String(repeating: "}", count: depth)
        let error = #expect(throws: ExpansionError.self) {
            try WordExpander(escape: .backslash).expand(word) { _ in nil }
        }
        #expect(error?.fault == .nestedTooDeep)
        let lines = String(repeating: String(repeating: "[", count: 60_000) + "\\\n", count: 20)
        let file = try Dockerfile(parsing: "FROM x\nCMD " + lines)
        guard case .cmd(.shell) = file.stages[0].instructions[0].kind else {
            Issue.record("that is no JSON array")
            return
        }
    }
}
