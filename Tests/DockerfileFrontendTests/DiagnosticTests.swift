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
            parsing: "# check=skip=StageNameCasing;error=true\nFROM x AS X\nCMD a\nMAINTAINER b\n")
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
        #expect(try CheckOptions(parsing: "skip=all;experimental=all").reports(.copyIgnoredFile))
        #expect(try CheckOptions(parsing: " error = 1 ; skip = A , B ").failsOnWarning)
    }

    @Test(arguments: ["x", "error=maybe", "skips=A"])
    func `a check option that cannot be read is an error`(text: String) throws {
        #expect(throws: DockerfileFault.self) { try CheckOptions(parsing: text) }
    }

    @Test func `comments above an instruction add to the options`() throws {
        let file = try Dockerfile(
            parsing: """
                FROM x
                # check=skip=MaintainerDeprecated
                MAINTAINER a
                # check=error=true
                MAINTAINER b
                """)
        #expect(throws: DockerfileFault.violatedRules(["MaintainerDeprecated"])) {
            try CheckOptions().filter(file.warnings)
        }
        #expect(try CheckOptions(parsing: "skip=all").filter(file.warnings).isEmpty)
    }

    @Test func `what only a build knows has BuildKit's words`() throws {
        let file = try Dockerfile(parsing: "FROM x\nCOPY a /\nADD b /\n")
        let (copy, add) = (file.stages[0].instructions[0], file.stages[0].instructions[1])
        let platform = DockerfileWarning.platform(
            ofBase: "x", is: PlatformValues(os: "linux", architecture: "amd64"),
            insteadOf: PlatformValues(os: "linux", architecture: "arm", variant: "v7"), at: file.stages[0])
        #expect(
            [DockerfileWarning.ignored("a", at: copy), .ignored("b", at: add), platform].map(\.description) == [
                "CopyIgnoredFile: Attempting to Copy file \"a\" that is excluded by .dockerignore (line 2)",
                "CopyIgnoredFile: Attempting to Add file \"b\" that is excluded by .dockerignore (line 3)",
                "InvalidBaseImagePlatform: Base image x was pulled with platform \"linux/amd64\", expected "
                    + "\"linux/arm/v7\" for current build (line 1)",
            ])
    }

    @Test func `an undefined variable names the nearest one`() throws {
        let file = try Dockerfile(parsing: "FROM x\n\nRUN y\n")
        let warnings = DockerfileWarning.undefined(
            ["PTAH", "declared", "BUILDKIT_SBOM_SCAN_STAGE"], declared: ["declared"], known: ["PATH", "HOME"],
            at: file.stages[0].instructions[0])
        #expect(
            warnings.map(\.description)
                == ["UndefinedVar: Usage of undefined variable '$PTAH' (did you mean $PATH?) (line 3)"])
    }
}
