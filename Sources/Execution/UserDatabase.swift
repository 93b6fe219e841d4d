/// The users and groups of an image: its `/etc/passwd` and `/etc/group`.
struct UserDatabase {
    struct User: Equatable {
        var name: String
        var uid: UInt32
        var gid: UInt32
        var home: String
    }

    struct Group: Equatable {
        var name: String
        var gid: UInt32
        var members: [String]
    }

    let users: [User]
    let groups: [Group]

    /// Lines that are not records (comments, NIS markers, nonsense) are passed over, as libc does.
    init(passwd: String, group: String) {
        users = Self.records(passwd).compactMap { fields in
            guard fields.count >= 4, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { return nil }
            return User(name: fields[0], uid: uid, gid: gid, home: fields.count > 5 ? fields[5] : "")
        }
        groups = Self.records(group).compactMap { fields in
            guard fields.count >= 3, let gid = UInt32(fields[2]) else { return nil }
            let members = fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : []
            return Group(name: fields[0], gid: gid, members: members)
        }
    }

    private static func records(_ text: String) -> [[String]] {
        text.split(whereSeparator: \.isNewline).map { line in
            line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The numeric identity that a USER instruction (`user[:group]`, names or numbers, empty is root) gives a step.
    func identity(_ text: String) throws(ExecutionError) -> Identity {
        let (userText, groupText) = Self.split(text)
        let user = try user(userText)
        let number = UInt32(userText) ?? 0
        let gid = try groupText.map { group throws(ExecutionError) in try gidNumber(group) }
        let uid = user?.uid ?? number
        let home = user.map(\.home) ?? ""
        return Identity(
            uid: uid,
            gid: gid ?? user?.gid ?? 0,
            groups: groupText == nil ? supplementaryGroups(of: user) : [],
            home: home.isEmpty ? (uid == 0 ? "/root" : "/") : home)
    }

    /// The owner that `--chown` gives: a user alone brings its primary group, a number alone is the group's number too.
    func owner(_ text: String) throws(ExecutionError) -> Owner {
        let (userText, groupText) = Self.split(text)
        let named = UInt32(userText) == nil ? try user(userText) : nil
        let uid = UInt32(userText) ?? named?.uid ?? 0
        guard let groupText else { return Owner(uid: uid, gid: named?.gid ?? uid) }
        return Owner(uid: uid, gid: try gidNumber(groupText))
    }

    /// A user of that name, or else of that number; nil for a number that no record has. An empty text is root.
    private func user(_ text: String) throws(ExecutionError) -> User? {
        let text = text.isEmpty ? "0" : text
        if let user = users.first(where: { $0.name == text }) { return user }
        if let number = UInt32(text) { return users.first { $0.uid == number } }
        if text == "root" { return nil }
        throw .unknownUser(text)
    }

    private func gidNumber(_ text: String) throws(ExecutionError) -> UInt32 {
        if let group = groups.first(where: { $0.name == text }) { return group.gid }
        if let number = UInt32(text) { return number }
        if text == "root" || text.isEmpty { return 0 }
        throw .unknownGroup(text)
    }

    private func supplementaryGroups(of user: User?) -> [UInt32] {
        guard let user else { return [] }
        return groups.filter { $0.members.contains(user.name) && $0.gid != user.gid }.map(\.gid)
    }

    private static func split(_ text: String) -> (user: String, group: String?) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return (parts[0], parts.count == 2 ? parts[1] : nil)
    }
}

/// Who runs a step.
struct Identity: Equatable {
    var uid: UInt32
    var gid: UInt32
    var groups: [UInt32]
    /// For `HOME`, unless the environment sets it.
    var home: String
}

/// Who owns a file.
struct Owner: Equatable {
    var uid: UInt32
    var gid: UInt32

    static let root = Owner(uid: 0, gid: 0)
}
