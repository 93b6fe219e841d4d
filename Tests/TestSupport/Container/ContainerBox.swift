import Foundation

/// A container as Docker or Kubernetes would make it, run by runc or crun, with the programs under test in /kaniko.
///
/// Its root is an overlay mount as theirs are: busybox, certificates, /etc, with the names of hosts and resolvers as mounts. What
/// a program leaves there stays for the next run in this box. The state folder is a volume, on the disk of the host, where a
/// store may lie; `BUILD_ALL_STATE` names it. It has the machine's network. All is removed with the object.
public final class ContainerBox: Sendable {
    public enum Runtime: String, Sendable { case runc, crun }

    public static let isPossible =
        Privilege.isRoot && Shell("command -v runc crun patchelf && test -x /bin/busybox").status == 0

    public let folder: TestFolder
    private let profile: ContainerProfile
    private let runtime: Runtime
    /// Folders of an overlay, the upper one first.
    private let lowers: [String]
    private let mounts: [ContainerMount]
    private let environment: [String: String]

    /// `programs`: the folder of `build-all` and `build-all-executor`. Without `stateVolume` /state is on the root's overlay,
    /// as it is for who gives a container no volume.
    public init(
        _ profile: ContainerProfile, runtime: Runtime = .runc, programs: String, mounts: [ContainerMount] = [],
        stateVolume: Bool = true
    ) throws {
        self.profile = profile
        self.runtime = runtime
        folder = try TestFolder()
        lowers = [folder.path("base"), try ContainerPrograms.made(from: programs)]
        self.mounts = Self.ownMounts(folder, stateVolume ? "/state" : nil) + mounts
        environment = [
            "PATH": "/usr/local/bin:/kaniko:/bin", "HOME": "/root", "BUILD_ALL_STATE": "/state",
            "SSL_CERT_DIR": "/kaniko/ssl/certs", "DOCKER_CONFIG": "/kaniko/.docker/",
        ]
        try makeRoot()
    }

    /// A container of an image: the folder of its files, and the environment of its configuration.
    public init(
        _ profile: ContainerProfile, runtime: Runtime = .runc, image: String, environment: [String: String],
        state: String, mounts: [ContainerMount] = []
    ) throws {
        self.profile = profile
        self.runtime = runtime
        folder = try TestFolder()
        lowers = [image]
        self.mounts = Self.ownMounts(folder, state) + mounts
        self.environment = environment
        try makeRoot()
    }

    /// As every runtime gives them, by its own means.
    private static func ownMounts(_ folder: TestFolder, _ state: String?) -> [ContainerMount] {
        let files = ["hosts", "resolv.conf"].map {
            ContainerMount(folder.path("etc/\($0)"), at: "/etc/\($0)", isWritable: true)
        }
        return files + (state.map { [ContainerMount(folder.path("volume"), at: $0, isWritable: true)] } ?? [])
    }

    /// The folder that the container sees as its state folder.
    public var volume: String { folder.path("volume") }

    /// The file that the container sees at `path`, once it was written there in its root.
    public func written(_ path: String) -> String { folder.path("upper" + path) }

    /// Runs a program to its end. `environment` is added to what the image's configuration says.
    public func run(_ arguments: [String], environment: [String: String] = [:], user: Int = 0) throws -> Tool.Result {
        let command = try command(arguments, environment: environment, user: user)
        return try Tool.run(command[0], Array(command.dropFirst()))
    }

    /// The command of the host that runs a program in the container, for once. SIGTERM to it goes to the program.
    public func command(
        _ arguments: [String], environment: [String: String] = [:], user: Int = 0
    ) throws -> [String] {
        let name = "build-all-test-\(UUID().uuidString.prefix(8))"
        let bundle = folder.path(name)
        try FileManager.default.createDirectory(atPath: bundle + "/root", withIntermediateDirectories: true)
        let configuration = try ContainerConfiguration(
            profile, arguments: arguments, environment: self.environment.merging(environment) { $1 }, user: user,
            mounts: mounts)
        try JSONEncoder().encode(configuration).write(to: URL(filePath: bundle + "/config.json"))
        // Mounts end with the namespace. crun 1.8 takes an empty cgroup v2 beside v1 for one that it could use.
        let script = """
            set -eu
            mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$3/root"
            if [ "$4" = crun ] && mountpoint -q /sys/fs/cgroup/unified; then umount -l /sys/fs/cgroup/unified; fi
            exec "$4" --root "$1/run" run --bundle "$3" "$5"
            """
        return [
            "unshare", "--mount", "sh", "-c", script, "sh", folder.path, lowers.joined(separator: ":"), bundle,
            runtime.rawValue, name,
        ]
    }

    private func makeRoot() throws {
        let owner = profile.userNamespace ? ContainerConfiguration.mappedID : 0
        let setup = """
            set -eu; cd '\(folder.path)'; chmod 755 .
            mkdir -p upper work volume base/bin base/etc/ssl/certs base/root base/workspace base/state base/proc base/sys \\
                base/dev base/tmp base/run etc base/usr/local/bin base/kaniko/ssl/certs base/kaniko/.docker base/var
            cp /bin/busybox base/bin/
            for name in $(/bin/busybox --list | grep -vx busybox); do ln -s busybox base/bin/$name; done
            cp -L /etc/resolv.conf /etc/hosts etc/
            cp -L /etc/ssl/certs/ca-certificates.crt base/etc/ssl/certs/
            cp -L /etc/ssl/certs/ca-certificates.crt base/kaniko/ssl/certs/
            echo 'root:x:0:0:root:/root:/bin/sh' >base/etc/passwd; echo 'root:x:0:' >base/etc/group
            echo 'hosts: files dns' >base/etc/nsswitch.conf
            chmod 1777 base/tmp
            chown -hR \(owner):\(owner) base etc upper volume
            """
        let result = Shell(setup)
        guard result.status == 0 else { throw Tool.Failure(command: "a container's root", text: result.output) }
    }
}
