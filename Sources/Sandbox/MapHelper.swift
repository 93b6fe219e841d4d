internal import Glibc

/// The commands that write the id maps of an ordinary user's namespace: newuidmap and newgidmap of package uidmap.
struct MapHelper: Equatable {
    let uidArguments: [String]
    let gidArguments: [String]

    /// Nothing in `shifted`. Throws `noSubordinateIDs`, or `systemCall` when a helper is not installed.
    init(for rung: Rung) throws(SandboxError) {
        guard rung == .subid else {
            uidArguments = []
            gidArguments = []
            return
        }
        let uids = try SubordinateIDs.ofCurrentUser(file: "/etc/subuid")
        let gids = try SubordinateIDs.ofCurrentUser(file: "/etc/subgid")
        uidArguments = [try Self.find("newuidmap")] + uids.mapArguments(own: geteuid())
        gidArguments = [try Self.find("newgidmap")] + gids.mapArguments(own: getegid())
    }

    private static func find(_ name: String) throws(SandboxError) -> String {
        let candidates = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin"].map { "\($0)/\(name)" }
        guard let path = candidates.first(where: { access($0, X_OK) == 0 }) else {
            throw .systemCall("find", path: name, errno: ENOENT)
        }
        return path
    }
}
