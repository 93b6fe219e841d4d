internal import Glibc

/// One line that allows a rung, in the place where such things are set.
public struct RungRemedy: Equatable, Sendable {
    public enum Place: String, CaseIterable, Sendable {
        /// A machine with Debian or one of its children.
        case debian
        /// A container of a Kubernetes pod.
        case pod
        /// `config.toml` of GitLab's runner.
        case gitlab
        /// Whatever the machine is.
        case everywhere

        /// As it is shown before the line.
        public var title: String {
            switch self {
            case .debian: "Debian"
            case .pod: "pod spec"
            case .gitlab: "GitLab's runner"
            case .everywhere: "remedy"
            }
        }
    }

    public let place: Place
    public let line: String

    init(_ place: Place, _ line: String) {
        self.place = place
        self.line = line
    }
}

extension RungRemedy {
    static func capabilities(_ missing: [Capability]) -> [RungRemedy] {
        let pod = missing.map(\.name).joined(separator: ", ")
        let quoted = missing.map { "\"\($0.name)\"" }.joined(separator: ", ")
        return [
            RungRemedy(.pod, "securityContext: {capabilities: {add: [\(pod)]}}"),
            RungRemedy(.gitlab, "[runners.docker] cap_add = [\(quoted)]"),
        ]
    }

    static let moreIDs = [
        RungRemedy(.pod, "hostUsers: false gives ids 0 to 65535; or leave it out"),
        RungRemedy(.debian, "give the container's user namespace ids 0 to 65535 (podman: --subuidname, --uidmap)"),
    ]

    private static let anyProfile = [
        RungRemedy(.pod, "securityContext: {seccompProfile: {type: Unconfined}, appArmorProfile: {type: Unconfined}}"),
        RungRemedy(.gitlab, "[runners.docker] security_opt = [\"seccomp=unconfined\", \"apparmor=unconfined\"]"),
    ]
    private static let userNamespaces = [
        RungRemedy(
            .debian,
            "as root: sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0")
    ]
    private static let stateVolume = [
        RungRemedy(
            .everywhere,
            "put the state folder (--state) on ext4, xfs, btrfs or tmpfs, not on an overlay; Linux 6.8 or later"),
        RungRemedy(.pod, "volumes: [{name: state, emptyDir: {}}], mounted where --state points"),
        RungRemedy(.gitlab, "[runners.docker] volumes = [\"/var/lib/build-all\"], and --state there"),
    ]

    /// The first line whose call and error fit holds.
    static let table: [(call: String, errno: CInt?, remedies: [RungRemedy])] = [
        ("clone3 with a user namespace", EPERM, userNamespaces + anyProfile),
        (
            "clone3 with a user namespace", ENOSPC,
            [RungRemedy(.debian, "as root: sysctl user.max_user_namespaces=10000")]
        ),
        (
            "clone3 with mount", EPERM,
            [
                RungRemedy(.pod, "securityContext: {capabilities: {add: [SYS_ADMIN]}}"),
                RungRemedy(.gitlab, "[runners.docker] cap_add = [\"SYS_ADMIN\"]"),
            ]
        ),
        ("clone3", ENOSYS, anyProfile),
        (
            "write the id map", EPERM,
            [
                RungRemedy(.pod, "securityContext: {capabilities: {add: [SETUID, SETGID, SETFCAP]}}"),
                RungRemedy(.gitlab, "[runners.docker] cap_add = [\"SETUID\", \"SETGID\", \"SETFCAP\"]"),
            ]
        ),
        ("newuidmap", nil, [RungRemedy(.debian, "as root: apt-get install --reinstall uidmap")] + noPrivileges),
        ("newgidmap", nil, [RungRemedy(.debian, "as root: apt-get install --reinstall uidmap")] + noPrivileges),
        ("mount_setattr with an id map", EINVAL, stateVolume),
        ("mount / private", EPERM, anyProfile),
        ("mount / private", EACCES, anyProfile),
        (
            "mount a fresh /proc", EPERM,
            [RungRemedy(.pod, "securityContext: {procMount: Unmasked}, with hostUsers: false")]
        ),
        (
            "open a device", EACCES,
            [RungRemedy(.everywhere, "put the state folder (--state) on a file system that is not mounted nodev")]
        ),
        (
            "landlock_restrict_self", EOPNOTSUPP,
            [RungRemedy(.everywhere, "Linux 5.19 or later, with landlock among the lsm= of its command line")]
        ),
        (
            "landlock_restrict_self", ENOSYS,
            [RungRemedy(.everywhere, "a kernel with Landlock, and a seccomp profile that permits its calls")]
        ),
        ("overlay", EINVAL, stateVolume),
        ("mount an overlay", EINVAL, stateVolume),
    ]
    private static let noPrivileges = [
        RungRemedy(.pod, "securityContext: {allowPrivilegeEscalation: true}"),
        RungRemedy(.gitlab, "[runners.docker] without security_opt = [\"no-new-privileges\"]"),
    ]
}
