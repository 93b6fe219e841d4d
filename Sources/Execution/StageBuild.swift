internal import DockerfileFrontend
internal import Jobs
internal import OCI

/// Builds one stage: instruction after instruction, each changing the state.
final class StageBuild {
    let image: ImageBuild
    let stage: Stage
    /// For progress and logs.
    let name: String
    var state: StageState
    let expander: WordExpander

    init(_ stage: Stage, of image: ImageBuild, on state: StageState) {
        self.image = image
        self.stage = stage
        self.state = state
        name = image.displayName(of: stage)
        expander = WordExpander(escape: image.dockerfile.escape)
    }

    /// Runs the triggers of the base first, then the stage's own instructions.
    func run() throws {
        let triggers = state.config.onBuild ?? []
        state.config.onBuild = nil
        for text in triggers { try perform(image.trigger(text, of: stage)) }
        for instruction in stage.instructions { try perform(instruction) }
    }

    private func perform(_ instruction: Instruction) throws {
        do {
            try image.checkCancellation()
            try dispatch(instruction)
        } catch {
            throw image.failure(error, at: instruction.lines)
        }
    }

    private func dispatch(_ instruction: Instruction) throws {
        switch instruction.kind {
        case .run(let run): try perform(run, instruction)
        case .copy(let copy): try perform(copy, instruction)
        case .add(let add): try perform(add, instruction)
        case .workdir(let path): try performWorkdir(path, instruction)
        case .arg(let arguments): try declare(arguments, instruction)
        case .unserved(let feature): throw ExecutionError.notServed(feature.name)
        default: try configure(instruction)
        }
    }

    // MARK: - Expansion

    /// Expands a word with the stage's environment.
    func expand(_ word: String, _ instruction: Instruction) throws -> String {
        try expansion(word, instruction).text
    }

    func expansion(_ word: String, _ instruction: Instruction) throws -> Expansion {
        let expansion = try expander.expand(word) { state.environment[$0] }
        for name in expansion.undefined {
            let similar = Suggestion.nearest(to: name, in: state.environment.entries.map(\.name))
            let hint = similar.map { " (did you mean $\($0)?)" } ?? ""
            try image.warn("Usage of undefined variable '$\(name)'\(hint)", line: instruction.lines.lowerBound)
        }
        return expansion
    }

    // MARK: - History

    /// Adds a history entry without a layer.
    func addHistory(_ text: String) throws {
        state.created = try state.created ?? image.firstCreationTime(of: text, in: self)
        state.history.append(
            ImageConfig.History(
                created: state.created, createdBy: text, comment: StageState.historyComment, emptyLayer: true))
    }
}
