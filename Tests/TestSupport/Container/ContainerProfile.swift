/// What a container's runtime lets its processes do: the ways in which builds are commonly run in containers.
public struct ContainerProfile: Sendable, CustomStringConvertible {
    public let description: String
    public var capabilities: [String]
    /// Docker's default filter of system calls, as it is for these capabilities.
    public var seccomp: Bool
    /// With podman's: namespaces and mounts are let through, for what they are to the kernel's own rules.
    public var permitsNamespaces = false
    public var noNewPrivileges = false
    /// Ids 0 to 65535 are others on the host, as with `hostUsers: false` in Kubernetes.
    public var userNamespace = false
    /// Parts of /proc are hidden: as long as they are, the kernel lets no user namespace mount a /proc of its own.
    public var masksProc = true
    public var readOnlyRoot = false

    /// What Docker, containerd and CRI-O give when nothing is said.
    static let defaultCapabilities = [
        "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
        "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID",
        "CAP_SYS_CHROOT",
    ]

    /// The fewest with which kaniko builds most images.
    static let sixCapabilities = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETUID",
    ]

    public static let docker = ContainerProfile(
        description: "docker", capabilities: defaultCapabilities, seccomp: true)
    public static let dockerUnconfined = ContainerProfile(
        description: "docker, seccomp unconfined", capabilities: defaultCapabilities, seccomp: false)
    public static let sixConfined = ContainerProfile(
        description: "six capabilities", capabilities: sixCapabilities, seccomp: true, noNewPrivileges: true)
    public static let sixUnconfined = ContainerProfile(
        description: "six capabilities, seccomp unconfined", capabilities: sixCapabilities, seccomp: false,
        noNewPrivileges: true)
    /// With all of /proc: Kubernetes' `procMount: Unmasked`, Docker's `systempaths=unconfined`.
    public static let userNamespace = ContainerProfile(
        description: "user namespace with SYS_ADMIN", capabilities: defaultCapabilities + ["CAP_SYS_ADMIN"],
        seccomp: true, userNamespace: true, masksProc: false)
    public static let userNamespaceMasked = ContainerProfile(
        description: "user namespace with SYS_ADMIN, /proc masked",
        capabilities: defaultCapabilities + ["CAP_SYS_ADMIN"], seccomp: true, userNamespace: true)
    public static let readOnly = ContainerProfile(
        description: "docker, read-only root", capabilities: defaultCapabilities, seccomp: true, readOnlyRoot: true)

    /// What podman gives when nothing is said.
    public static let podman = ContainerProfile(
        description: "podman",
        capabilities: [
            "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE",
            "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
        ], seccomp: true, permitsNamespaces: true)

    public static let all = [
        docker, dockerUnconfined, podman, sixConfined, sixUnconfined, userNamespace, userNamespaceMasked, readOnly,
    ]
}
