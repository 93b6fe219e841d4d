internal import FoundationEssentials

/// A password or token. It prints as `<secret>` however it is printed, interpolated, dumped or reflected.
public struct Secret: Hashable, Sendable {
    /// The text itself: for the header or form that carries it, and for nothing else.
    public let revealed: String

    /// Any text is accepted.
    public init(_ text: String) { revealed = text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<secret>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret {
    /// The value of an `Authorization` header of RFC 7617.
    public init(basic user: String, _ password: Secret) {
        self.init("Basic " + Data("\(user):\(password.revealed)".utf8).base64EncodedString())
    }
}
