/// One instruction of a stage.
public struct Instruction: Hashable, Sendable {
    /// In the file, from 1, with continuation lines.
    public let lines: ClosedRange<Int>
    /// As written, in one line.
    public let text: String
    public let keyword: Keyword
    public let kind: InstructionKind
    /// The comment block directly above.
    public let comments: [String]

    /// The keyword in the case in which it was typed.
    var typedKeyword: String { Scalars(text).splitAtSeparators()?.head.text ?? text }
}

/// What an instruction says. Words are not expanded; quotes and escapes are still in them.
public enum InstructionKind: Hashable, Sendable {
    case run(RunInstruction)
    case copy(CopyInstruction)
    case add(AddInstruction)
    case env([KeyValue])
    case arg([ArgumentDeclaration])
    case label([KeyValue])
    case workdir(String)
    case user(String)
    case cmd(CommandForm)
    case entrypoint(CommandForm)
    /// Words that `ExposedPort.parse` takes once they are expanded.
    case expose([String])
    case volume([String])
    case shell([String])
    case stopSignal(String)
    case healthcheck(HealthCheck)
    /// The trigger's text.
    case onbuild(String)
    case maintainer(String)
}

/// `key=value` of ENV and LABEL.
public struct KeyValue: Hashable, Sendable {
    public var key: String
    public var value: String
    /// Written `ENV key value`.
    public var isLegacy = false

    public init(key: String, value: String, isLegacy: Bool = false) {
        self.key = key
        self.value = value
        self.isLegacy = isLegacy
    }
}

/// One word of ARG.
public struct ArgumentDeclaration: Hashable, Sendable {
    public let name: String
    /// The default; nil without a `=`.
    public let value: String?

    public init(name: String, value: String?) {
        self.name = name
        self.value = value
    }
}

/// A command line in one of its two forms.
public enum CommandForm: Hashable, Sendable {
    /// One text, for the shell in force.
    case shell(String)
    /// An argument vector.
    case exec([String])

    /// The argument vector, with the shell put before the shell form.
    public func arguments(shell: [String]) -> [String] {
        switch self {
        case .shell(let text): shell + [text]
        case .exec(let arguments): arguments
        }
    }
}
