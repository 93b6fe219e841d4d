/// The lint rules that need no more than the text.
struct Linter {
    private(set) var warnings: [DockerfileWarning] = []

    func sorted(with others: [DockerfileWarning]) -> [DockerfileWarning] {
        (warnings + others).sorted { $0.lines.lowerBound < $1.lines.lowerBound }
    }

    mutating func check(globalArguments: [Instruction], stages: [Stage]) {
        checkNames(stages)
        checkCasing(stages)
        for instruction in globalArguments { check(instruction) }
        for stage in stages { check(stage) }
    }

    private mutating func warn(_ rule: LintRule, _ lines: ClosedRange<Int>, _ comments: [String], _ message: String) {
        // `# check=skip=Rule` directly above an instruction holds for that instruction.
        let isSkipped = comments.contains { comment in
            let (name, value) = comment.splitOnce(at: "=")
            guard name == "check", let value, let options = try? CheckOptions(parsing: value) else { return false }
            return !options.reports(rule)
        }
        if !isSkipped { warnings.append(DockerfileWarning(rule, message, lines: lines)) }
    }

    // MARK: Stages

    private mutating func checkNames(_ stages: [Stage]) {
        var seen: Set<String> = []
        for stage in stages {
            guard let name = stage.name else { continue }
            if !seen.insert(name).inserted {
                let message = "Duplicate stage name \(name.quoted), stage names should be unique"
                warn(.duplicateStageName, stage.lines, stage.comments, message)
            }
            if ["context", "scratch"].contains(name) {
                let message = "Stage name should not use the same name as reserved stage \(name.quoted)"
                warn(.reservedStageName, stage.lines, stage.comments, message)
            }
            checkTyped(stage, name)
        }
    }

    private mutating func checkTyped(_ stage: Stage, _ name: String) {
        let words = WordSplitter.list(Scalars(stage.text))
        guard words.count >= 3, let typed = words.last, let keyword = words.first else { return }
        let separator = words[words.count - 2]
        if typed != name {
            warn(.stageNameCasing, stage.lines, stage.comments, "Stage name '\(typed)' should be lowercase")
        }
        if Self.isUniform(keyword), Self.isLower(keyword) != Self.isLower(separator) || !Self.isUniform(separator) {
            let message = "'\(separator)' and '\(keyword)' keywords' casing do not match"
            warn(.fromAsCasing, stage.lines, stage.comments, message)
        }
    }

    private static func isLower(_ word: String) -> Bool { word == word.lowercased() }

    private static func isUniform(_ word: String) -> Bool { isLower(word) || word == word.uppercased() }

    private mutating func checkCasing(_ stages: [Stage]) {
        let typed = stages.flatMap { stage in
            [(WordSplitter.list(Scalars(stage.text))[0], stage.lines, stage.comments)]
                + stage.instructions.map { ($0.typedKeyword, $0.lines, $0.comments) }
        }
        let uniform = typed.filter { Self.isUniform($0.0) }
        let lower = uniform.count { Self.isLower($0.0) }
        let isLowerCase = lower * 2 > uniform.count
        for (word, lines, comments) in typed where !Self.isUniform(word) || Self.isLower(word) != isLowerCase {
            let style = isLowerCase ? "lowercase" : "uppercase"
            let message = "Command '\(word)' should match the case of the command majority (\(style))"
            warn(.consistentInstructionCasing, lines, comments, message)
        }
    }

    private mutating func check(_ stage: Stage) {
        checkRepetitions(stage)
        var hasWorkdir = false
        var hasShell = false
        for instruction in stage.instructions {
            check(instruction)
            switch instruction.kind {
            case .workdir(let path):
                if !hasWorkdir { checkWorkdir(path, instruction) }
                hasWorkdir = true
            case .shell: hasShell = true
            case .cmd(.shell), .entrypoint(.shell):
                if !hasShell { recommendJSON(instruction) }
            default: break
            }
        }
    }

    private mutating func checkWorkdir(_ path: String, _ instruction: Instruction) {
        guard let first = path.unicodeScalars.first, !"/$\"'".unicodeScalars.contains(first) else { return }
        let message = "Relative workdir \(path.quoted) can have unexpected results if the base image changes"
        warn(.workdirRelativePath, instruction.lines, instruction.comments, message)
    }

    private mutating func recommendJSON(_ instruction: Instruction) {
        let message =
            "JSON arguments recommended for \(instruction.keyword.rawValue) to prevent unintended behavior related to "
            + "OS signals"
        warn(.jsonArgsRecommended, instruction.lines, instruction.comments, message)
    }

    /// Only the last CMD, ENTRYPOINT and HEALTHCHECK count.
    private mutating func checkRepetitions(_ stage: Stage) {
        for keyword in [Keyword.cmd, .entrypoint, .healthcheck] {
            for instruction in stage.instructions.filter({ $0.keyword == keyword }).dropLast() {
                let message =
                    "Multiple \(keyword.rawValue) instructions should not be used in the same stage because only the "
                    + "last one will be used"
                warn(.multipleInstructionsDisallowed, instruction.lines, instruction.comments, message)
            }
        }
    }

    // MARK: Instructions

    private mutating func check(_ instruction: Instruction) {
        switch instruction.kind {
        case .maintainer:
            let message = "Maintainer instruction is deprecated in favor of using label"
            warn(.maintainerDeprecated, instruction.lines, instruction.comments, message)
        case .env(let pairs):
            checkLegacy(pairs, instruction)
            for pair in pairs { checkSecret(pair.key, instruction) }
        case .label(let pairs): checkLegacy(pairs, instruction)
        case .arg(let declarations):
            for declaration in declarations { checkSecret(declaration.name, instruction) }
        case .expose(let words):
            for word in words { checkPort(word, instruction) }
        default: break
        }
    }

    private mutating func checkLegacy(_ pairs: [KeyValue], _ instruction: Instruction) {
        guard pairs.contains(where: \.isLegacy) else { return }
        let name = instruction.keyword.rawValue
        let message = "\"\(name) key=value\" should be used instead of legacy \"\(name) key value\" format"
        warn(.legacyKeyValueFormat, instruction.lines, instruction.comments, message)
    }

    private static let secretWords: Set<String> = [
        "apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token",
    ]

    private mutating func checkSecret(_ name: String, _ instruction: Instruction) {
        let words = Set(name.lowercased().split(separator: "_").map(String.init))
        guard !words.isDisjoint(with: Self.secretWords), !words.contains("public") else { return }
        let message =
            "Do not use ARG or ENV instructions for sensitive data (\(instruction.keyword.rawValue) \(name.quoted))"
        warn(.secretsUsedInArgOrEnv, instruction.lines, instruction.comments, message)
    }

    private mutating func checkPort(_ word: String, _ instruction: Instruction) {
        if ExposedPort.hasMapping(word), !word.unicodeScalars.contains("$") {
            let message = "EXPOSE instruction should not define an IP address or host-port mapping, found '\(word)'"
            warn(.exposeInvalidFormat, instruction.lines, instruction.comments, message)
        }
        guard let transport = word.splitOnce(at: "/").tail, !transport.unicodeScalars.contains("$"),
            !Self.isLower(transport)
        else { return }
        let message = "Defined protocol '\(transport)' in EXPOSE instruction should be lowercase"
        warn(.exposeProtoCasing, instruction.lines, instruction.comments, message)
    }
}
