public import SystemPackage

/// What `RUN --mount=type=secret` may ask for. The secret itself is never read here.
public struct SecretSpec: Hashable, Sendable {
    public let id: String
    public let source: Source
    public let mark: SourceMark

    public enum Source: Hashable, Sendable {
        /// Absolute.
        case file(FilePath)
        /// `isSet` when the manifest was read.
        case environment(String, isSet: Bool)
    }
}

/// What `RUN --mount=type=ssh` may ask for.
public struct AgentSpec: Hashable, Sendable {
    public let id: String
    public let source: Source
    public let mark: SourceMark

    public enum Source: Hashable, Sendable {
        /// The agent of `SSH_AUTH_SOCK`; absolute, nil if that was not set when the manifest was read.
        case environment(FilePath?)
        /// Absolute.
        case socket(FilePath)
        /// Files with private keys; absolute, never empty.
        case keys([FilePath])
    }
}
