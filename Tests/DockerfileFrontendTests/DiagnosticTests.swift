import DockerfileFrontend
import Testing

@Suite struct DiagnosticTests {
    private let ten = (1...10).map { "l\($0)" }.joined(separator: "\n")

    @Test(arguments: [
        (1...1, 1...3), (2...2, 1...4), (5...5, 3...7), (10...10, 8...10), (1...2, 1...3), (4...6, 3...7),
        (9...10, 8...10), (9...99, 8...10), (1...10, 1...10),
    ])
    func `an excerpt has lines around it`(lines: ClosedRange<Int>, shown: ClosedRange<Int>) throws {
        let excerpt = try #require(SourceExcerpt(name: "D", text: ten, lines: lines)).description
        let rows = excerpt.split(separator: "\n").dropFirst(2).dropLast()
        #expect(rows.count == shown.count)
        #expect(rows.first?.hasSuffix(" l\(shown.lowerBound)") == true)
        #expect(rows.count { $0.contains(">>>") } == lines.clamped(to: 1...10).count)
    }

    @Test func `an excerpt of lines that are not there is none`() {
        #expect(SourceExcerpt(name: "D", text: ten, lines: 11...11) == nil)
        #expect(SourceExcerpt(name: "D", text: ten, lines: 0...3) == nil)
    }

    @Test func `an excerpt looks like BuildKit's`() {
        let excerpt = SourceExcerpt(name: "D", text: "FROM x\r\n\tRUN \u{1B}[0m\n", lines: 2...2)
        #expect(
            excerpt?.description == """
                D:2
                --------------------
                   1 |     FROM x
                   2 | >>> \tRUN \u{FFFD}[0m
                   3 |\u{20}\u{20}\u{20}\u{20}\u{20}
                --------------------
                """)
    }

    @Test func `check options choose what is reported`() throws {
        let file = try Dockerfile(
            parsing: "# check=skip=JSONArgsRecommended;error=true\nFROM x\nCMD a\nMAINTAINER b\n")
        let options = try file.checkOptions(buildArguments: [:])
        #expect(throws: DockerfileFault.violatedRules(["MaintainerDeprecated"])) { try options.filter(file.warnings) }
        let overridden = try file.checkOptions(buildArguments: ["BUILDKIT_DOCKERFILE_CHECK": "skip=all"])
        #expect(try overridden.filter(file.warnings).isEmpty)
        #expect(try CheckOptions().filter(file.warnings).count == 2)
        #expect(throws: DockerfileErrors.self) {
            try file.checkOptions(buildArguments: ["BUILDKIT_DOCKERFILE_CHECK": "x"])
        }
        #expect(!CheckOptions().reports(.copyIgnoredFile))
        #expect(try CheckOptions(parsing: "experimental=CopyIgnoredFile").reports(.copyIgnoredFile))
    }

    @Test func `an undefined variable names the nearest one`() {
        let warning = DockerfileWarning.undefined("PTAH", known: ["PATH", "HOME"], lines: 3...3)
        #expect(
            warning.description == "UndefinedVar: Usage of undefined variable '$PTAH' (did you mean $PATH?) (line 3)")
    }
}
