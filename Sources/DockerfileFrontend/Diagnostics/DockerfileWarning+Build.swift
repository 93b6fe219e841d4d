/// What is only known while an image is built.
extension DockerfileWarning {
    /// UndefinedVar, one warning for each name, with the nearest of the names that are set.
    ///
    /// Names of `declared`, those of the ARGs so far, are known even if they have no value.
    public static func undefined(
        _ names: [String], declared: Set<String>, known: some Sequence<String>, at instruction: Instruction
    ) -> [DockerfileWarning] {
        let names = names.filter { !declared.contains($0) && GlobalScope.isVariable($0) }.prefix(mostUndefined)
        guard !names.isEmpty else { return [] }
        let known = known.prefix(mostSuggested).sorted()
        return names.map { name in
            let hint = Suggestion.nearest(to: name, in: known).map { " (did you mean $\($0)?)" } ?? ""
            let message = "Usage of undefined variable '$\(name)'" + hint
            return DockerfileWarning(.undefinedVar, message, at: instruction)
        }
    }

    /// More of one instruction say nothing new, and each is compared with all that is known.
    private static let mostUndefined = 100
    private static let mostSuggested = 1000

    /// CopyIgnoredFile: a source that the ignore file hides.
    public static func ignored(_ source: String, at instruction: Instruction) -> DockerfileWarning {
        let verb = instruction.keyword == .add ? "Add" : "Copy"
        let message = "Attempting to \(verb) file \(source.quoted) that is excluded by .dockerignore"
        return DockerfileWarning(.copyIgnoredFile, message, at: instruction)
    }

    /// InvalidBaseImagePlatform: the base of a stage is for another platform than the stage is built for.
    public static func platform(
        ofBase base: String, is actual: PlatformValues, insteadOf expected: PlatformValues, at stage: Stage
    ) -> DockerfileWarning {
        let message =
            "Base image \(base) was pulled with platform \(actual.text.quoted), expected "
            + "\(expected.text.quoted) for current build"
        return DockerfileWarning(.invalidBaseImagePlatform, message, at: stage)
    }
}
