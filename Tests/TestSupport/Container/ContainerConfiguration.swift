/// The `config.json` of a bundle: https://github.com/opencontainers/runtime-spec/blob/v1.0.2/config.md
struct ContainerConfiguration: Encodable {
    struct User: Encodable {
        var uid = 0
        var gid = 0
    }

    struct Process: Encodable {
        struct Capabilities: Encodable {
            var bounding: [String]
            var effective: [String]
            var permitted: [String]
        }

        var terminal = false
        var user = User()
        var args: [String]
        var env: [String]
        var cwd: String
        var capabilities: Capabilities
        var noNewPrivileges: Bool
    }

    struct Root: Encodable {
        var path = "root"
        var readonly: Bool
    }

    struct Mount: Encodable {
        var destination: String
        var type: String
        var source: String
        var options: [String]
    }

    struct Mapping: Encodable {
        var containerID = 0
        var hostID = ContainerConfiguration.mappedID
        var size = 65536
    }

    struct Linux: Encodable {
        struct Namespace: Encodable { var type: String }

        var namespaces: [Namespace]
        var uidMappings: [Mapping]?
        var gidMappings: [Mapping]?
        var maskedPaths: [String]
        var readonlyPaths: [String]
        var seccomp: ContainerSeccomp?
    }

    /// Root of a container with a user namespace, on the host.
    static let mappedID = 1_000_000

    let ociVersion = "1.0.2"
    let hostname = "container"
    var process: Process
    var root: Root
    var mounts: [Mount]
    var linux: Linux

    /// No network namespace: steps use the machine's.
    init(
        _ profile: ContainerProfile, arguments: [String], environment: [String: String], user: Int,
        mounts: [ContainerMount]
    ) throws {
        process = Process(
            user: User(uid: user, gid: user), args: arguments,
            env: environment.map { "\($0.key)=\($0.value)" }.sorted(),
            cwd: "/workspace",
            capabilities: .init(
                bounding: profile.capabilities, effective: user == 0 ? profile.capabilities : [],
                permitted: user == 0 ? profile.capabilities : []),
            noNewPrivileges: profile.noNewPrivileges)
        root = Root(readonly: profile.readOnlyRoot)
        self.mounts = Self.kernelMounts + mounts.map(\.entry)
        let mapping = profile.userNamespace ? [Mapping()] : nil
        linux = Linux(
            namespaces: (["pid", "ipc", "uts", "mount"] + (profile.userNamespace ? ["user"] : [])).map {
                .init(type: $0)
            },
            uidMappings: mapping, gidMappings: mapping, maskedPaths: profile.masksProc ? Self.masked : [],
            readonlyPaths: profile.masksProc ? Self.readOnly : [],
            seccomp: profile.seccomp
                ? try ContainerSeccomp(capabilities: profile.capabilities, permitsNamespaces: profile.permitsNamespaces)
                : nil)
    }

    /// Those of Docker, but for the cgroups. sysfs belongs to a network namespace, and so is the host's here.
    private static let kernelMounts = [
        Mount(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
        Mount(destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=65536k"]),
        Mount(
            destination: "/dev/pts", type: "devpts", source: "devpts",
            options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        Mount(
            destination: "/dev/shm", type: "tmpfs", source: "shm",
            options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        Mount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
        Mount(
            destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"]),
    ]

    private static let masked = [
        "/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ]

    private static let readOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}
