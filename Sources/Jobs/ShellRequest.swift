/// A shell in the state before an instruction, instead of an image.
public struct ShellRequest: Hashable, Sendable, Codable {
    /// A line of the instruction before which it opens. Nil: before the step that fails, or, when none does, in the
    /// finished image.
    public var line: Int?
    /// What to run; empty is the shell of the stage.
    public var command: [String]

    public init(line: Int? = nil, command: [String] = []) {
        self.line = line
        self.command = command
    }
}

extension JobFailure {
    /// The end of the shell that a job asked for; 128 and the signal's number when a signal ended it.
    public static func shellEnded(exitCode: Int) -> JobFailure {
        let text = "the shell ended with exit code \(exitCode)"
        return JobFailure(class: .shell, message: text, summary: text, exitCode: exitCode)
    }

    /// Nil when there was no shell.
    public var shellExitCode: Int? { self.class == .shell ? exitCode : nil }
}
