/// A remark on a Dockerfile; it never changes the result.
public struct DockerfileWarning: Hashable, Sendable {
    public let rule: LintRule
    public let message: String
    public let lines: ClosedRange<Int>
    /// What the comments above the instruction say of rules.
    let options: CheckOptions?

    /// `comments` is the block above the instruction; a `# check=…` in it holds for this warning.
    public init(_ rule: LintRule, _ message: String, lines: ClosedRange<Int>, comments: [String] = []) {
        self.rule = rule
        self.message = message
        self.lines = lines
        options = CheckOptions(comments: comments)
    }

    init(_ rule: LintRule, _ message: String, at instruction: Instruction) {
        self.init(rule, message, lines: instruction.lines, comments: instruction.comments)
    }

    init(_ rule: LintRule, _ message: String, at stage: Stage) {
        self.init(rule, message, lines: stage.lines, comments: stage.comments)
    }
}

extension DockerfileWarning: CustomStringConvertible {
    public var description: String { "\(rule.rawValue): \(message) (line \(lines.lowerBound))" }
}
