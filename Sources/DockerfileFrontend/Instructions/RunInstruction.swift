public struct RunInstruction: Hashable, Sendable {
    public var command: CommandForm
    /// `default` unless `--network` says otherwise.
    public var network: Network

    /// What `--network` may name.
    public enum Network: String, CaseIterable, Sendable {
        case `default`
        case none
        case host
    }
}
