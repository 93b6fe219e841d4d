/// A remark on a Dockerfile; it never changes the result.
public struct DockerfileWarning: Hashable, Sendable {
    public let rule: LintRule
    public let message: String
    public let lines: ClosedRange<Int>

    public init(_ rule: LintRule, _ message: String, lines: ClosedRange<Int>) {
        self.rule = rule
        self.message = message
        self.lines = lines
    }

    /// UndefinedVar, with the nearest of the names that are set.
    public static func undefined(
        _ name: String, known: some Sequence<String>, lines: ClosedRange<Int>
    ) -> DockerfileWarning {
        let hint = Suggestion.nearest(to: name, in: known).map { " (did you mean $\($0)?)" } ?? ""
        return DockerfileWarning(.undefinedVar, "Usage of undefined variable '$\(name)'" + hint, lines: lines)
    }
}

extension DockerfileWarning: CustomStringConvertible {
    public var description: String { "\(rule.rawValue): \(message) (line \(lines.lowerBound))" }
}

/// The rules of BuildKit's linter, by their names there.
public enum LintRule: String, CaseIterable, Sendable {
    case stageNameCasing = "StageNameCasing"
    case fromAsCasing = "FromAsCasing"
    case noEmptyContinuation = "NoEmptyContinuation"
    case consistentInstructionCasing = "ConsistentInstructionCasing"
    case duplicateStageName = "DuplicateStageName"
    case reservedStageName = "ReservedStageName"
    case jsonArgsRecommended = "JSONArgsRecommended"
    case maintainerDeprecated = "MaintainerDeprecated"
    case undefinedArgInFrom = "UndefinedArgInFrom"
    case workdirRelativePath = "WorkdirRelativePath"
    case undefinedVar = "UndefinedVar"
    case multipleInstructionsDisallowed = "MultipleInstructionsDisallowed"
    case legacyKeyValueFormat = "LegacyKeyValueFormat"
    case invalidBaseImagePlatform = "InvalidBaseImagePlatform"
    case redundantTargetPlatform = "RedundantTargetPlatform"
    case secretsUsedInArgOrEnv = "SecretsUsedInArgOrEnv"
    case invalidDefaultArgInFrom = "InvalidDefaultArgInFrom"
    case fromPlatformFlagConstDisallowed = "FromPlatformFlagConstDisallowed"
    case copyIgnoredFile = "CopyIgnoredFile"
    case invalidDefinitionDescription = "InvalidDefinitionDescription"
    case exposeProtoCasing = "ExposeProtoCasing"
    case exposeInvalidFormat = "ExposeInvalidFormat"

    /// Only reported if asked for.
    var isExperimental: Bool { self == .copyIgnoredFile || self == .invalidDefinitionDescription }
}
