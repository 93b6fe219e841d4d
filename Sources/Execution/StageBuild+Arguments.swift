internal import DockerfileFrontend

/// ARG: a stage's own arguments and what they get their value from.
extension StageBuild {
    func declare(_ arguments: [ArgumentDeclaration], _ instruction: Instruction) throws {
        var shown: [String] = []
        for argument in arguments {
            // Word by word: `ARG A=1 B=$A` gives B=1.
            let name = try expand(argument.name, instruction)
            let fallback = try argument.value.map { try expand($0, instruction) }
            let value = image.value(ofArgument: name, default: fallback)
            state.declare(argument: name, value: value)
            shown.append(value.map { "\(name)=\($0)" } ?? name)
        }
        try addHistory("ARG " + shown.joined(separator: " "))
    }
}
