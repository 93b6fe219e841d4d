import DockerfileFrontend
import Testing

/// Large and hostile files end soon: in values, or in errors that say what is too much.
@Suite struct LimitTests {
    /// Debug builds take long, on a busy machine longer still; what is quadratic would take minutes.
    private func expectSoon(_ work: () throws -> Void) rethrows {
        let time = try ContinuousClock().measure(work)
        #expect(time < .seconds(30))
    }

    private func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    /// All that a check does with a file.
    private func use(_ text: String) -> String {
        do {
            let file = try Dockerfile(parsing: text)
            let scope = try GlobalScope(file, targetPlatform: PlatformValues(os: "linux", architecture: "amd64"))
            let report = try StageGraph(file, scope: scope, includesAllStages: true).lint()
            return report.errors.isEmpty ? "fine" : "\(file.errors(report.errors))"
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        "RUN a\n", "# a\n", "\n", "FROM x\n", "ENV a=$a$b\n", "COPY a b\n", "RUN <<e\ne\n", "ARG a\n",
        "ONBUILD RUN a\n", "RUN --mount=target=/x a\n", "FOO\n", "a\\\n",
    ])
    func `many lines are no burden`(line: String) {
        expectSoon { _ = use("FROM x\n" + repeated(line, 4000)) }
    }

    @Test(arguments: [
        "ENV a=", "RUN ", "COPY ", "LABEL ", "EXPOSE ", "ARG ", "FROM ", "ONBUILD ", "RUN --mount=", "HEALTHCHECK ",
    ])
    func `long lines are no burden`(head: String) {
        let tails = [
            "$", "$a ", "${a:-", "\"", "'", "\\", "a ", "[", "a=b ", "--x ", "<<a ", ",", "$a", "/", "0-65535 ",
        ]
        expectSoon {
            for tail in tails {
                _ = use("FROM scratch\n" + head + repeated(tail, 12_000 / tail.utf8.count) + "\n")
            }
        }
    }

    @Test func `many names on one line are no burden`() {
        let names = (0..<2000).map { "$v\($0)" }.joined(separator: " ")
        let known = (0..<2000).map { "ENV w\($0)=1\n" }.joined()
        expectSoon { _ = use("FROM scratch\n\(known)LABEL a=\"\(names)\"\n") }
        expectSoon { _ = use("FROM \(names.filter { $0 != " " })\n") }
    }

    @Test func `many heredocs are no burden`() {
        let words = (0..<2000).map { "<<h\($0)" }.joined(separator: " ")
        let bodies = (0..<2000).map { "$a\nh\($0)\n" }.joined()
        expectSoon { #expect(use("FROM scratch\nCOPY \(words) /x/\n\(bodies)") == "fine") }
        expectSoon { _ = use("FROM scratch\n" + repeated("COPY <<e /x\n" + repeated("a\n", 100) + "e\n", 1000)) }
    }

    @Test func `one large heredoc is no burden`() {
        let body = repeated("some $text with \\$ and ${more:-\"quotes\"}\n", 5_000)
        expectSoon { #expect(use("FROM scratch\nARG text\nARG more\nCOPY <<e /x\n\(body)e\n") == "fine") }
    }

    @Test func `many triggers are refused, not run`() {
        let base = "FROM scratch AS base\n" + repeated("ONBUILD RUN a\n", 1000)
        expectSoon { #expect(use(base + repeated("FROM base\n", 101)).contains("more than 100000 ONBUILD triggers")) }
    }

    @Test func `many ports are refused, not listed`() {
        expectSoon {
            let message = use("FROM x\nEXPOSE \(repeated("0-65535 ", 8000))\n")
            #expect(message.contains("EXPOSE names more than 196608 ports"), "\(message.prefix(200))")
        }
        #expect(use("FROM x\nEXPOSE 0-65535 0-65535/udp 0-65535/sctp\n") == "fine")
    }

    @Test func `many references to later stages are told of, but not all`() {
        let copies = (0..<1500).map { "FROM x AS s\($0)\nCOPY --from=s\($0 + 1) / /\n" }.joined()
        expectSoon { #expect(use(copies + "FROM x AS s1500\n").contains("and 80 more errors")) }
    }

    @Test(arguments: [45, 60, 10_000])
    func `substitutions nest to a limit`(depth: Int) throws {
        let word = repeated("${a:-", depth) + "x" + repeated("}", depth)
        let file = try Dockerfile(parsing: "FROM scratch\nWORKDIR /\(word)\n")
        let instruction = file.stages[0].instructions[0]
        guard depth > 50 else {
            #expect(try instruction.expanded(by: file.expander) { _ in nil }.kind == .workdir("/x"))
            return
        }
        let error = #expect(throws: DockerfileError.self) {
            try instruction.expanded(by: file.expander) { _ in nil }
        }
        #expect(error?.lines == 2...2)
        #expect(error?.description.contains("nested too deeply") == true)
    }
}
