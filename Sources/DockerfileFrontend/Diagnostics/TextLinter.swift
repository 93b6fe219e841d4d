/// The lint rules that need no more than the text.
struct TextLinter {
    private(set) var warnings: [DockerfileWarning]

    /// Goes on from what the parser found.
    init(_ warnings: [DockerfileWarning]) {
        self.warnings = warnings
    }

    mutating func check(globalArguments: [Instruction], stages: [Stage]) {
        checkNames(stages)
        checkCasing(stages)
        for instruction in globalArguments { check(instruction) }
        for stage in stages {
            if let name = stage.name { checkDescription(of: "FROM", [name], stage.comments, stage.lines) }
            for instruction in stage.instructions { check(instruction) }
        }
        warnings.sort { $0.lines.lowerBound < $1.lines.lowerBound }
    }

    private mutating func check(_ instruction: Instruction) {
        switch instruction.kind {
        case .maintainer:
            let message = "Maintainer instruction is deprecated in favor of using label"
            warnings.append(DockerfileWarning(.maintainerDeprecated, message, at: instruction))
        case .arg(let declarations):
            checkDescription(of: "ARG", declarations.map(\.name), instruction.comments, instruction.lines)
        default: break
        }
    }

    /// A comment above FROM or ARG begins with the name that it describes.
    private mutating func checkDescription(
        of keyword: String, _ names: [String], _ comments: [String], _ lines: ClosedRange<Int>
    ) {
        guard let comment = comments.last, let name = names.first else { return }
        guard !names.contains(comment.splitOnce(at: " ").head) else { return }
        let message =
            "Comment for \(keyword) should follow the format: `# \(names.count > 1 ? "<arg_key>" : name) <description>`"
        warnings.append(DockerfileWarning(.invalidDefinitionDescription, message, lines: lines, comments: comments))
    }

    // MARK: Stages

    private mutating func checkNames(_ stages: [Stage]) {
        var seen: Set<String> = []
        for stage in stages {
            guard let name = stage.name else { continue }
            if !seen.insert(name).inserted {
                let message = "Duplicate stage name \(name.quoted), stage names should be unique"
                warnings.append(DockerfileWarning(.duplicateStageName, message, at: stage))
            }
            if ["context", "scratch"].contains(name) {
                let message = "Stage name should not use the same name as reserved stage \(name.quoted)"
                warnings.append(DockerfileWarning(.reservedStageName, message, at: stage))
            }
            checkTyped(stage, name)
        }
    }

    private mutating func checkTyped(_ stage: Stage, _ name: String) {
        let words = WordSplitter.list(Scalars(stage.text))
        guard words.count >= 3, let typed = words.last, let keyword = words.first else { return }
        let separator = words[words.count - 2]
        if typed != name {
            let message = "Stage name '\(typed)' should be lowercase"
            warnings.append(DockerfileWarning(.stageNameCasing, message, at: stage))
        }
        if Self.isUniform(keyword), Self.isLower(keyword) != Self.isLower(separator) || !Self.isUniform(separator) {
            let message = "'\(separator)' and '\(keyword)' keywords' casing do not match"
            warnings.append(DockerfileWarning(.fromAsCasing, message, at: stage))
        }
    }

    private static func isLower(_ word: String) -> Bool { word == word.lowercased() }

    private static func isUniform(_ word: String) -> Bool { isLower(word) || word == word.uppercased() }

    /// More than half of the keywords of one case decide; a draw is for the upper case.
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
            warnings.append(
                DockerfileWarning(.consistentInstructionCasing, message, lines: lines, comments: comments))
        }
    }
}
