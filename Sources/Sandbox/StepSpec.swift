internal import CSandbox
public import SystemPackage

/// The network that a step sees.
public enum StepNetwork: String, Codable, CaseIterable, Sendable {
    /// A stack of the executor's own (pasta or slirp4netns): out to the network, but to no loopback service of the host.
    case `private`
    /// The host's interfaces, loopback included; abstract UNIX sockets are out of reach from Linux 6.12 on.
    case host
    /// Loopback only, and no other step on it.
    case none

    var code: Int32 {
        switch self {
        case .private: Int32(bitPattern: CSB_NETWORK_PRIVATE.rawValue)
        case .host: Int32(bitPattern: CSB_NETWORK_HOST.rawValue)
        case .none: Int32(bitPattern: CSB_NETWORK_NONE.rawValue)
        }
    }

    init?(code: Int32) {
        guard let network = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = network
    }
}

/// One step: a program, in a file system made of layers.
public struct StepSpec: Equatable, Sendable {
    /// Unpacked layers, nearest first; below the state folder, as `upper` and `work` are.
    public var lowers: [FilePath]
    /// Gets all changes, in overlayfs form with the image's owner ids. Its own mode and owner are those of `/`.
    public var upper: FilePath
    /// An empty directory on the same file system as `upper`; it may be used again after the step.
    public var work: FilePath
    /// The program is looked for in the PATH of `environment` when its name has no slash.
    public var arguments: [String]
    /// `NAME=value`; the step has no other variables.
    public var environment: [String]
    /// Inside the image; made (0755, root) where it is missing.
    public var workingDirectory: String
    public var uid: UInt32
    public var gid: UInt32
    /// Supplementary groups.
    public var groups: [UInt32]
    public var network: StepNetwork
    public var hostname: String
    /// Later ones lie over earlier ones.
    public var mounts: [StepMount]

    public init(
        lowers: [FilePath],
        upper: FilePath,
        work: FilePath,
        arguments: [String],
        environment: [String] = [],
        workingDirectory: String = "/",
        uid: UInt32 = 0,
        gid: UInt32 = 0,
        groups: [UInt32] = [],
        network: StepNetwork = .private,
        hostname: String = "buildkitsandbox",
        mounts: [StepMount] = []
    ) {
        self.lowers = lowers
        self.upper = upper
        self.work = work
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.network = network
        self.hostname = hostname
        self.mounts = mounts
    }
}
