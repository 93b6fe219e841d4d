/// A flag of kaniko's command lines, and what becomes of it here.
public struct Flag: Hashable, Sendable {
    /// How its value is written. Numbers and durations are as Go reads them.
    public enum Kind: Hashable, Sendable {
        /// `--flag`, `--flag=true`, `--flag=false`; the value never stands apart.
        case boolean
        case text
        /// May be given several times.
        case texts
        case number
        case duration
    }

    /// Without the dashes.
    public let name: String
    public let short: Character?
    public let kind: Kind
    /// One line.
    public let about: String
    /// Why it does nothing here; nil for a flag that works.
    public let idle: String?
    /// The flag that it is an older spelling of.
    public let replacedBy: String?

    init(
        _ name: String, _ kind: Kind, _ about: String, short: Character? = nil, idle: String? = nil,
        replacedBy: String? = nil
    ) {
        self.name = name
        self.short = short
        self.kind = kind
        self.about = about
        self.idle = idle
        self.replacedBy = replacedBy
    }
}
