internal import CSandbox

/// A rung of the isolation ladder: how steps are kept from the host, see docs/sandbox.md.
public enum Rung: String, Codable, CaseIterable, Sendable {
    /// Root on the host: steps run as ids 300000 and up, the disk holds the image's own ids through an id-mapped mount.
    case shifted
    /// Root of a container with CAP_SETUID, CAP_SETGID and CAP_SETFCAP but no CAP_SYS_ADMIN: this process writes the id map
    /// of the executor's user namespace itself.
    case mapped
    /// An ordinary user with ranges in /etc/subuid and /etc/subgid, mapped by newuidmap and newgidmap.
    case subid
    /// An ordinary user without such ranges: one id only. What a step's chown says is recorded in extended attributes.
    case single
    /// Root where user namespaces are off: steps have the machine's root, in mount, pid, IPC, UTS and cgroup namespaces.
    case rootns
    /// Root in a container without namespaces: chroot into a folder, Landlock around it, no_new_privs, seccomp.
    case jail
    /// Root in a container without even chroot: the container's own root becomes the image's, and steps are another user.
    case inplace

    /// Those that a run takes by itself, the best first: `inplace` replaces the files around it, and is asked for.
    public static var automatic: [Rung] { allCases.filter { $0 != .inplace } }

    var code: Int32 {
        switch self {
        case .shifted: Int32(bitPattern: CSB_RUNG_SHIFTED.rawValue)
        case .mapped: Int32(bitPattern: CSB_RUNG_MAPPED.rawValue)
        case .subid: Int32(bitPattern: CSB_RUNG_SUBID.rawValue)
        case .single: Int32(bitPattern: CSB_RUNG_SINGLE.rawValue)
        case .rootns: Int32(bitPattern: CSB_RUNG_ROOTNS.rawValue)
        case .jail: Int32(bitPattern: CSB_RUNG_JAIL.rawValue)
        case .inplace: Int32(bitPattern: CSB_RUNG_INPLACE.rawValue)
        }
    }

    /// Whether steps have namespaces and mounts of their own. Without them a step's root is a folder as it is.
    public var hasNamespaces: Bool { csb_has_namespaces(code) }

    init?(code: Int32) {
        guard let rung = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = rung
    }
}
