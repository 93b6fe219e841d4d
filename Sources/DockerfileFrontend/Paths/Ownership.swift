/// `user[:group]` of `--chown` and USER, each a name or an id.
public struct Ownership: Hashable, Sendable {
    public enum Account: Hashable, Sendable {
        case id(UInt32)
        /// To be looked up in /etc/passwd or /etc/group of the destination.
        case name(String)
    }

    /// An empty user is root.
    public let user: Account
    /// Nil: the same number for a numeric user of `--chown`, the primary group for a named one.
    public let group: Account?
    /// `user:`, which is root's group to `--chown` and as good as no group to USER; `group` is nil.
    public let hasEmptyGroup: Bool

    public init(parsing text: String) throws(DockerfileFault) {
        let (user, group) = text.splitOnce(at: ":")
        self.user = user.isEmpty ? .id(0) : try Self.account(user, in: text)
        hasEmptyGroup = group == ""
        guard let group, !group.isEmpty else {
            self.group = nil
            return
        }
        self.group = try Self.account(group, in: text)
    }

    private static func account(_ text: String, in whole: String) throws(DockerfileFault) -> Account {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            guard !text.unicodeScalars.contains(":") else { throw .invalidOwner(whole) }
            return .name(text)
        }
        guard let id = UInt32(text), id < .max else { throw .invalidOwner(whole) }  // -1 means "leave as it is"
        return .id(id)
    }
}
