internal import DockerfileFrontend

/// ARG: a stage's own arguments and what they get their value from.
extension StageBuild {
    func declare(_ arguments: [ArgumentDeclaration], _ instruction: Instruction) throws {
        var shown: [(name: String, value: String?)] = []
        for argument in arguments {
            // Word by word: `ARG A=1 B=$A` gives B=1.
            let value = try image.scope.value(of: argument) { state.environment[$0] }
            state.declare(argument: argument.name, value: value?.text)
            shown.append((argument.name, value?.text))
        }
        try addHistory(HistoryText.arg(shown))
    }
}
