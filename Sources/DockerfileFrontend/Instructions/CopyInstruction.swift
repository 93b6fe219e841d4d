public struct CopyInstruction: Hashable, Sendable {
    public var sources: [String]
    public var destination: String
    /// Stage, index or image of `--from`; nil is the build context.
    public var from: String?
    /// `--chown`; see `Ownership`.
    public var owner: String?
    /// `--chmod`; see `FileMode`.
    public var mode: String?
}

public struct AddInstruction: Hashable, Sendable {
    public var sources: [String]
    public var destination: String
    /// `--chown`; see `Ownership`.
    public var owner: String?
    /// `--chmod`; see `FileMode`.
    public var mode: String?
}

/// What a source of COPY or ADD is, told by its text.
enum SourceText {
    case path
    case url
    case git

    init(_ text: String) {
        let isHTTP = text.hasPrefix("http://") || text.hasPrefix("https://")
        if isHTTP {
            let path = text.prefix { $0 != "#" && $0 != "?" }
            self = path.hasSuffix(".git") ? .git : .url
        } else {
            self = ["git@", "git://", "ssh://"].contains { text.hasPrefix($0) } ? .git : .path
        }
    }
}
