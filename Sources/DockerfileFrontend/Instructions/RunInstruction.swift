public struct RunInstruction: Hashable, Sendable {
    /// What is run. Bodies of heredocs are part of a shell form's text, unless the whole command is one heredoc: then
    /// the text is its body alone, or the path of `script`.
    public var command: CommandForm
    /// The whole command is one heredoc whose body begins with `#!`: a file of mode 0755 at `scriptPath`, for this
    /// step only, read-only. `command` names it.
    public var script: Heredoc?
    /// `default` unless `--network` says otherwise.
    public var network: Network = .default
    /// `--mount`, in order; a later one lies over an earlier one. Empty before `Instruction.expanded`: what a mount is
    /// may depend on variables.
    public var mounts: [RunMount] = []
    /// `sandbox` unless `--security` says otherwise.
    public var security: Security = .sandbox
    /// `--device`, in order.
    public var devices: [DeviceRequest] = []
    /// `--mount` as written.
    var mountTexts: [RunMountText] = []

    /// What `--network` may name.
    public enum Network: String, CaseIterable, Sendable {
        case `default`
        case none
        case host
    }

    /// What `--security` may name.
    public enum Security: String, CaseIterable, Sendable {
        case sandbox
        case insecure
    }

    /// Where the file of `script` is mounted.
    public static func scriptPath(_ name: String) -> String { "/dev/pipes/\(name)" }
}

/// `--device`: a CDI device.
public struct DeviceRequest: Hashable, Sendable {
    public var name: String
    /// Its lack fails the step; otherwise the step runs without it.
    public var isRequired: Bool

    public init(name: String, isRequired: Bool) {
        self.name = name
        self.isRequired = isRequired
    }
}
