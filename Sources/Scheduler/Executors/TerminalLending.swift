/// Gives a shell in an executor something to talk to.
public protocol TerminalLending: Sendable {
    func lend() throws -> LentTerminal
}

/// Descriptors that are sent to an executor.
public struct LentTerminal: Sendable {
    /// One descriptor of a terminal, else standard input, output and error.
    public let isTerminal: Bool
    public let descriptors: [CInt]
    /// Keeps the descriptors open until they were sent.
    public let owner: (any AnyObject & Sendable)?

    public init(isTerminal: Bool, descriptors: [CInt], owner: (any AnyObject & Sendable)? = nil) {
        self.isTerminal = isTerminal
        self.descriptors = descriptors
        self.owner = owner
    }
}
