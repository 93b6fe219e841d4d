/// From one FROM to the next.
public struct Stage: Hashable, Sendable {
    /// By FROM, from 0.
    public let index: Int
    /// In lower case; nil without `AS`.
    public let name: String?
    /// What follows FROM, not expanded.
    public let base: String
    /// `--platform`, not expanded.
    public let platform: String?
    /// Of the FROM line, from 1.
    public let lines: ClosedRange<Int>
    /// The FROM line as written, in one line.
    public let text: String
    /// The comment block directly above FROM.
    public let comments: [String]
    public internal(set) var instructions: [Instruction] = []

    /// The name, or `stage-N`.
    public var label: String { name ?? "stage-\(index)" }
}
