/// Turns the text of an instruction into what it says.
struct InstructionParser {
    let keyword: Keyword
    private let flags: [String]
    let rest: Scalars
    let text: Scalars
    let escape: EscapeToken
    /// Of RUN, COPY, ADD and of ONBUILD with one of those; their bodies follow in the file.
    let heredocWords: [HeredocWord]
    /// The same with their bodies, once those are read.
    var heredocs: [HeredocText] = []
    /// The text was no UTF-8, so that what it names cannot be told any more.
    var isDamaged = false

    /// Takes an instruction's text, not blank, and finds its keyword.
    init(_ text: Scalars, escape: EscapeToken) throws(DockerfileFault) {
        let (head, tail) = text.splitAtSeparators() ?? (text, [])
        let scanner = FlagScanner(tail, escape: escape)
        self.text = text
        self.escape = escape
        keyword = try Keyword(typed: head.text)
        flags = scanner.flags
        rest = scanner.rest
        heredocWords = Self.heredocs(keyword, text: text, rest: rest)
    }

    private static func heredocs(_ keyword: Keyword, text: Scalars, rest: Scalars) -> [HeredocWord] {
        if keyword == .onbuild {
            let (head, tail) = rest.splitAtSeparators() ?? (rest, [])
            guard let inner = Keyword(rawValue: head.text.uppercased()), inner.takesHeredocs else { return [] }
            return JSONArray(tail) == nil ? HeredocWord.all(in: rest) : []
        }
        guard keyword.takesHeredocs, JSONArray(rest) == nil else { return [] }
        return HeredocWord.all(in: text)
    }

    /// FROM's words; for FROM only.
    func from() throws(DockerfileFault) -> FromWords {
        let words = WordSplitter.list(rest)
        let name = try stageName(words)
        let flags = try FlagSet(flags, of: keyword)
        return FromWords(base: words[0], platform: flags["platform"], name: name)
    }

    private func stageName(_ words: [String]) throws(DockerfileFault) -> String? {
        if words.count == 1 { return nil }
        guard words.count == 3, words[1].lowercased() == "as" else { throw .fromArguments }
        let name = words[2].lowercased()
        let isValid =
            name.utf8.first.map { (0x61...0x7A).contains($0) } == true
            && name.unicodeScalars.allSatisfy { scalar in
                scalar.value < 0x80 && (scalar.isLetter || scalar.isDigit || "-_.".unicodeScalars.contains(scalar))
            }
        guard isValid else { throw .invalidStageName(words[2]) }
        return name
    }

    /// What the instruction says; for all but FROM.
    func kind() throws(DockerfileFault) -> InstructionKind {
        if isDamaged, namesPaths { throw .invalidEncoding(keyword) }
        return try kind(try FlagSet(flags, of: keyword))
    }

    /// Paths would silently be other ones; the text of a command, for one, stays readable with U+FFFD in it.
    private var namesPaths: Bool {
        switch keyword {
        case .copy, .add, .workdir, .volume, .onbuild: true
        case .run: flags.contains { $0.unicodeScalars.contains("\u{FFFD}") }
        default: false
        }
    }

    private func kind(_ flags: FlagSet) throws(DockerfileFault) -> InstructionKind {
        switch keyword {
        case .run: .run(try run(flags))
        case .copy: try copy(flags)
        case .add: try add(flags)
        case .env: .env(try keyValues())
        case .label: .label(try keyValues())
        case .arg: .arg(try declarations())
        case .workdir: .workdir(try wholeRest())
        case .user: .user(try wholeRest())
        case .maintainer: .maintainer(try wholeRest())
        case .stopsignal: .stopSignal(try wholeRest())
        case .cmd: .cmd(try command(rest))
        case .entrypoint: .entrypoint(try command(rest))
        case .expose: .expose(try list(WordSplitter.list(rest)))
        case .volume: .volume(try volumes())
        case .shell: .shell(try shell())
        case .healthcheck: .healthcheck(try HealthCheckParser(rest: rest, flags: flags).healthCheck())
        case .onbuild: .onbuild(try trigger())
        case .from: throw .forbiddenTrigger("FROM")
        }
    }
}

/// The words of a FROM line.
struct FromWords {
    var base: String
    var platform: String?
    var name: String?
}
