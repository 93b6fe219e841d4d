internal import DockerfileFrontend

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

    /// Who a step is run as, for the text of a USER instruction: `user[:group]`, names or numbers, empty is root.
    func identity(_ text: String) throws -> Identity {
        let ownership = try Ownership(parsing: text)
        let user = try user(ownership.user)
        let home = user.record?.home ?? ""
        let gid = try ownership.group.map(gid) ?? user.record?.gid ?? 0
        return Identity(
            uid: user.id, gid: gid,
            groups: [gid] + (ownership.group == nil ? supplementaryGroups(of: user.record, besides: gid) : []),
            home: home.isEmpty ? (user.id == 0 ? "/root" : "/") : home)
    }

    /// Who files get, for the text of `--chown`: a name alone brings its primary group, a number alone is the group's too;
    /// an empty user or group is root.
    func owner(_ text: String) throws -> Owner {
        let ownership = try Ownership(parsing: text)
        let user = try user(ownership.user)
        if let group = ownership.group { return Owner(uid: user.id, gid: try gid(group)) }
        if ownership.hasEmptyGroup { return Owner(uid: user.id, gid: 0) }
        if case .name = ownership.user { return Owner(uid: user.id, gid: user.record?.gid ?? user.id) }
        return Owner(uid: user.id, gid: user.id)
    }

    private func user(_ account: Ownership.Account) throws(ExecutionError) -> (id: UInt32, record: User?) {
        switch account {
        case .id(let id): return (id, users.first { $0.uid == id })
        case .name(let name):
            if let record = users.first(where: { $0.name == name }) { return (record.uid, record) }
            if name == "root" { return (0, nil) }
            throw .unknownUser(name)
        }
    }

    private func gid(_ account: Ownership.Account) throws(ExecutionError) -> UInt32 {
        switch account {
        case .id(let id): return id
        case .name(let name):
            if let group = groups.first(where: { $0.name == name }) { return group.gid }
            if name == "root" { return 0 }
            throw .unknownGroup(name)
        }
    }

    private func supplementaryGroups(of user: User?, besides primary: UInt32) -> [UInt32] {
        guard let user else { return [] }
        return groups.filter { $0.members.contains(user.name) && $0.gid != primary }.map(\.gid)
    }
}

/// Who runs a step.
struct Identity: Equatable {
    var uid: UInt32
    var gid: UInt32
    /// Supplementary ones, the primary among them: so that a program that changes its gid does not leave the group.
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
