/// The rules for single instructions; they see expanded words.
extension StageLinter {
    /// `isGuess`: a variable that the base may have set was taken for unset.
    mutating func check(
        _ kind: InstructionKind, _ instruction: Instruction, _ state: inout LintState, isGuess: Bool
    ) {
        switch kind {
        case .env(let pairs):
            checkLegacy(pairs, instruction)
            for pair in pairs {
                checkSecret("ENV", pair.key, instruction)
                state.set(pair.key, pair.value)
            }
        case .label(let pairs): checkLegacy(pairs, instruction)
        case .workdir(let path): checkWorkdir(path, instruction, &state, isGuess: isGuess)
        case .cmd(let form), .entrypoint(let form):
            checkRepetition(instruction, &state)
            if case .shell = form, !state.hasShell { recommendJSON(instruction) }
        case .healthcheck: checkRepetition(instruction, &state)
        case .shell: state.hasShell = true
        case .expose(let words):
            if !isGuess { for word in words { checkPort(word, instruction) } }
        default: break
        }
    }

    /// Only the first WORKDIR counts: it decides what later relative ones are relative to.
    private mutating func checkWorkdir(
        _ path: String, _ instruction: Instruction, _ state: inout LintState, isGuess: Bool
    ) {
        defer { state.hasWorkdir = true }
        guard !state.hasWorkdir, !isGuess, path.utf8.first != UInt8(ascii: "/") else { return }
        let message = "Relative workdir \(path.quoted) can have unexpected results if the base image changes"
        warn(.workdirRelativePath, message, at: instruction)
    }

    private mutating func recommendJSON(_ instruction: Instruction) {
        let message =
            "JSON arguments recommended for \(instruction.typedKeyword) to prevent unintended behavior related to "
            + "OS signals"
        warn(.jsonArgsRecommended, message, at: instruction)
    }

    /// The earlier one is told of: it is the one without effect.
    private mutating func checkRepetition(_ instruction: Instruction, _ state: inout LintState) {
        if let earlier = state.last.updateValue(instruction, forKey: instruction.keyword) {
            let message =
                "Multiple \(instruction.typedKeyword) instructions should not be used in the same stage because only "
                + "the last one will be used"
            warn(.multipleInstructionsDisallowed, message, at: earlier)
        }
    }

    private mutating func checkLegacy(_ pairs: [KeyValue], _ instruction: Instruction) {
        guard pairs.contains(where: \.isLegacy) else { return }
        let name = instruction.typedKeyword
        let message = "\"\(name) key=value\" should be used instead of legacy \"\(name) key value\" format"
        warn(.legacyKeyValueFormat, message, at: instruction)
    }

    private static let secretWords: Set<String> = [
        "apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token",
    ]
    private static let harmlessWords: Set<String> = ["public", "file", "version"]

    mutating func checkSecret(_ keyword: String, _ name: String, _ instruction: Instruction) {
        let words = Set(name.lowercased().split(separator: "_").map(String.init))
        guard !words.isDisjoint(with: Self.secretWords), words.isDisjoint(with: Self.harmlessWords) else { return }
        let message = "Do not use ARG or ENV instructions for sensitive data (\(keyword) \(name.quoted))"
        warn(.secretsUsedInArgOrEnv, message, at: instruction)
    }

    private mutating func checkPort(_ word: String, _ instruction: Instruction) {
        if ExposedPort.hasMapping(word) {
            let message = "EXPOSE instruction should not define an IP address or host-port mapping, found '\(word)'"
            warn(.exposeInvalidFormat, message, at: instruction)
        }
        guard let transport = word.splitOnce(at: "/").tail, transport != transport.lowercased() else { return }
        let message = "Defined protocol '\(word)' in EXPOSE instruction should be lowercase"
        warn(.exposeProtoCasing, message, at: instruction)
    }
}
