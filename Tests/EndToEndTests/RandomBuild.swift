/// A random context and a random Dockerfile that reads it, decided by a seed.
///
/// They stay within what buildah and the rules agree on; `RandomComparisonTests.known` lists what is left out and why.
struct RandomBuild {
    /// Shell commands that make the context.
    private(set) var prepare = "umask 022\n"
    private(set) var dockerfile = ""

    private var random: SeededGenerator
    private var context = RandomContext()
    private var copies = 0
    private var hardLinks = 0

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        prepare += context.commands(&random)
        writeDockerfile()
    }

    private mutating func writeDockerfile() {
        line("ARG global=\(number(9))")
        line("FROM base AS one")
        line("RUN mkdir /w /h")
        for _ in 0...number(1) { line(run()) }
        if chance(2) { line(copy()) }
        if chance(3) { line("ONBUILD RUN \(operation())") }
        line("FROM \(pick(["base", "one"])) AS two")
        if chance(2) { line("ARG global") }
        for _ in 0...(1 + number(2)) {
            line(pick([run(), run(), copy(), copy(), addArchive(), copyFromStage(), environment(), workFolder()]))
        }
        line(run())
        if chance(2) { line("USER \(pick(["1000", "1000:1001", "root", "0:5"]))") }
        for _ in 0...(1 + number(3)) { line(setting()) }
    }

    private mutating func line(_ text: String) { dockerfile += text + "\n" }

    // MARK: Instructions

    private mutating func run() -> String {
        var operations = (0...(3 + number(7))).map { _ in operation() }
        if chance(3) { operations.append(hardLinkGroup()) }
        return "RUN " + operations.joined(separator: "; \\\n    ") + "; true"
    }

    private mutating func copy() -> String {
        copies += 1
        let verb = chance(4) ? "ADD" : "COPY"
        let owner = chance(3) ? "--chown=\(pick(["5", "5:6", "root", "0:7"])) " : ""
        let into = chance(3) ? "/c/" : "/c/\(copies)/"
        switch number(3) {
        case 0: return "\(verb) \(owner)\(json([pick(context.folders), into]))"
        case 1: return "\(verb) \(owner)\(json([pick(context.files), pick(context.files), into]))"
        case 2: return "\(verb) \(owner)\(pick(["f*", "d*", "[d-f]*", "[fl]1", "./f?", "*1"])) \(into)"
        default:
            // Into a folder that is there: --chmod would reach one that is made.
            return
                "\(verb) \(owner)--chmod=\(pick(["0640", "755", "4711"])) \(json([pick(context.files), "/tmp/c\(copies)"]))"
        }
    }

    private mutating func addArchive() -> String {
        copies += 1
        return "ADD \(pick(context.archives)) \(pick(["/a/\(copies)", "/a/\(copies)/", "/a/"]))"
    }

    private mutating func copyFromStage() -> String {
        copies += 1
        return
            "COPY --from=\(pick(["one", "0"])) \(chance(3) ? "--chown=8:9 " : "")\(pick(["/w", "/h", "/bin/busybox"])) /s/\(copies)\(pick(["", "/"]))"
    }

    private mutating func environment() -> String {
        let value = pick([
            "plain", "\"two words\"", "'$literal'", "${global:-none}", "${global:+set}", "$e1-x", "a\\ b", "\"q\\\"q\"",
        ])
        return pick([
            "ENV e\(number(3))=\(value) e\(4 + number(3))=\(number(99))", "ARG a\(number(3))=\(value)",
            "ENV old\(number(2)) some \(value)",
        ])
    }

    private mutating func workFolder() -> String {
        "WORKDIR \(pick(["/wd", "/wd/sub", "deeper", "/c/new dir", "../up", "/wd/${e1:-x}"]))"
    }

    private mutating func setting() -> String {
        pick([
            "LABEL l\(number(3))=\"\(number(99)) x\" \"other key\"=\(number(9))", "EXPOSE \(80 + number(9)) 53/udp",
            "VOLUME /tmp",
            "CMD [\"c\(number(9))\", \"$x\"]", "CMD echo \(number(9))  two", "ENTRYPOINT [\"e\", \"\(number(9))\"]",
            "ENTRYPOINT exec \(number(9))", "STOPSIGNAL \(pick(["9", "SIGINT"]))", "MAINTAINER someone",
            "HEALTHCHECK --interval=\(1 + number(9))s --retries=2 CMD check \(number(9))", "HEALTHCHECK NONE",
            "ONBUILD ENV later=\(number(9))", environment(),
        ])
    }

    // MARK: Shell operations

    private static let names = ["a", "b", "c", "d", "e f", "-g", "ü", "h*"]
    private static let times = [
        "2001-02-03 04:05:06", "1969-12-31 23:00:00", "2040-05-06 07:08:09", "1999-09-09 09:09:09",
    ]

    /// A path below /w, of one to three names.
    private mutating func path() -> String {
        let names = (0...number(2)).map { _ in pick(Self.names) }
        return quoted("/w/" + names.joined(separator: "/"))
    }

    /// What fails does so in every builder: its exit code is not looked at.
    private mutating func operation() -> String {
        let (one, other) = (path(), path())
        return pick([
            "mkdir -p \(one)", "mkdir -p \(one)", "rm -rf \(one)", "mv \(one) \(other)", "ln -s \(other) \(one)",
            "ln -s \(quoted(pick(Self.names))) \(one)",
            "chmod \(pick(["600", "711", "4755", "2770", "1777", "000", "u+s"])) \(one)",
            "chown \(number(70000)):\(number(9)) \(one)", "chown -h 3:4 \(one)",
            "touch -d '\(pick(Self.times))' \(one)",
            "mkfifo -m 6\(number(7))0 \(one)", "cp -a \(one) \(other)", write(number(99), to: one),
            write(number(99), to: one),
            "[ -d \(one) ] && touch -d '\(pick(Self.times))' \(one)", "rm -f /bin/\(pick(["vi", "tar", "top"]))",
            "echo \(number(9)) >>/etc/motd", "rmdir \(one)", "truncate -s \(number(5000)) \(one)",
        ])
    }

    /// A pipe that nobody reads would block the step.
    private func write(_ content: Int, to path: String) -> String {
        "[ -p \(path) ] || { mkdir -p \"$(dirname \(path))\" && echo \(content) >\(path); }"
    }

    /// Hard links in a folder of their own, that later steps do not change.
    private mutating func hardLinkGroup() -> String {
        hardLinks += 1
        let folder = "/h/\(hardLinks)"
        return
            "mkdir -p \(folder)/s && echo \(number(99)) >\(folder)/x && ln \(folder)/x \(folder)/y && ln \(folder)/x \(folder)/s/z"
            + " && chmod \(pick(["600", "755", "4711"])) \(folder)/y && chown \(number(9)):1 \(folder)/x"
            + (hardLinks > 1 ? "; rm -f /h/\(1 + number(hardLinks - 2))/\(pick(["x", "y", "s/z"]))" : "")
    }

    // MARK: Choices

    private mutating func number(_ maximum: Int) -> Int { Int.random(in: 0...max(0, maximum), using: &random) }
    private mutating func chance(_ one: Int) -> Bool { number(one - 1) == 0 }
    private mutating func pick(_ texts: [String]) -> String { texts[number(texts.count - 1)] }
    private func quoted(_ text: String) -> String { "'\(text)'" }
    private func json(_ words: [String]) -> String {
        "[\(words.map { "\"\($0)\"" }.joined(separator: ", "))]"
    }
}
