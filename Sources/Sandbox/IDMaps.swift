internal import CSandbox
internal import Glibc

/// How the executor's user namespace gets its ids, see user_namespaces(7).
struct IDMaps: Equatable {
    /// Commands that write the maps of an ordinary user's namespace: newuidmap and newgidmap of package uidmap.
    var helpers: [[String]] = [[], []]
    /// What this process writes to uid_map and gid_map.
    var texts: [String] = []
    /// Without CAP_SETGID a map may only be written when no process of the namespace can change its groups.
    var deniesGroups = false

    /// Empty on rungs where the executor has no user namespace. Throws `noSubordinateIDs` or `noIDs` where ids are too
    /// few, `systemCall` when a helper is not installed.
    init(for rung: Rung) throws(SandboxError) {
        switch rung {
        case .shifted, .rootns, .jail, .inplace: break
        case .mapped:
            texts = [
                try OwnMap.read("/proc/self/uid_map").text(own: geteuid()),
                try OwnMap.read("/proc/self/gid_map").text(own: getegid()),
            ]
        case .single:
            texts = ["0 \(geteuid()) 1\n", "0 \(getegid()) 1\n"]
            deniesGroups = true
        case .subid:
            let uids = try SubordinateIDs.ofCurrentUser(file: "/etc/subuid")
            let gids = try SubordinateIDs.ofCurrentUser(file: "/etc/subgid")
            helpers = [
                [try Self.find("newuidmap")] + uids.mapArguments(own: geteuid()),
                [try Self.find("newgidmap")] + gids.mapArguments(own: getegid()),
            ]
        }
    }

    private static func find(_ name: String) throws(SandboxError) -> String {
        let candidates = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin"].map { "\($0)/\(name)" }
        guard let path = candidates.first(where: { access($0, X_OK) == 0 }) else {
            throw .systemCall("find", path: name, errno: ENOENT)
        }
        return path
    }

    /// Calls `body` with the maps as C takes them; the pointers are valid for the length of the call.
    func withMaps<Result>(_ body: (csb_id_maps) throws -> Result) throws -> Result {
        try withCStringLists(helpers + [texts]) { lists in
            try body(
                csb_id_maps(
                    newuidmap: lists[0][0] == nil ? nil : lists[0], newgidmap: lists[1][0] == nil ? nil : lists[1],
                    uid_map: lists[2][0], gid_map: lists[2][0] == nil ? nil : lists[2][1],
                    denies_groups: deniesGroups))
        }
    }
}
