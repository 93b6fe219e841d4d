public import OCI

/// All that an executor is told about the image it builds: the document on its descriptor 3.
///
/// It holds no credential and no secret. Every path is absolute.
public struct Job: Hashable, Sendable, Codable {
    /// The ULID of this build in the ledger.
    public var build: String
    /// The image's name in the batch manifest, with its matrix suffix.
    public var image: String
    public var platform: Platform
    /// Whether the manifest names the platform: the image then has it, whatever its base says.
    public var namesPlatform = false
    /// The state folder; the executor writes to its store, to `tmp` and to `logFile` only.
    public var stateFolder: String
    public var logFile: String
    public var dockerfile: DockerfileText
    /// The folder that COPY and ADD read; nil is an empty context.
    public var contextFolder: String?
    /// When the context was made, in seconds since 1970, where that is known: it is a commit.
    public var contextTime: Int64?
    /// Text of the ignore file that governs `contextFolder`.
    public var ignoreFile: String?
    public var target: String?
    public var buildArguments: [String: String] = [:]
    /// By lower-case name, as FROM and `--from` know them.
    public var namedContexts: [String: NamedContext] = [:]
    public var labels: [String: String] = [:]
    public var annotations: [String: String] = [:]
    /// The secrets and agents that the image may ask for, by id; never what they hold.
    public var secretIDs: [String] = []
    public var agentIDs: [String] = []
    /// What the manifest allows steps beyond the usual: `network.host`.
    public var entitlements: [String] = []
    public var network = NetworkMode.private
    public var limits = Limits()
    /// Whether steps are looked up in the cache and recorded there.
    public var cache = CacheUse.readWrite
    /// Of the layers that the image adds to its base.
    public var compression = LayerCompression.gzip
    /// Absolute paths in the image, with `*` and `?` within names, of which nothing that a step does is kept.
    public var ignoredPaths: [String] = []
    /// Absolute paths outside the image that stay as they are when it is built in place: contexts, results, programs.
    public var keptPaths: [String] = []
    /// Those of them that are contexts of an image, this or another: steps may read them, if it cannot be helped.
    public var contextPaths: [String] = []
    /// All that the image adds to its base becomes one layer.
    public var mergesLayers = false
    /// Docker's media types instead of OCI's.
    public var usesDockerFormat = false
    /// The longest that the result of a step counts, in seconds; nil is for ever.
    public var cacheAgeInSeconds: Double?
    /// Names or numbers of stages whose steps always run.
    public var freshStages: [String] = []
    /// Whether other machines' caches may be asked for steps, and told of them.
    public var sharesSteps = false
    /// Say which steps would run, and why, and run none.
    public var explains = false
    /// Upper bound of all timestamps, in seconds since 1970; nil leaves them as they are.
    public var epoch: Int64?
    /// Open a shell instead of making an image.
    public var shell: ShellRequest?
    /// Folder to which the finished root file system is written, or nil.
    public var rootfsOutput: String?

    public init(
        build: String, image: String, platform: Platform, stateFolder: String, logFile: String,
        dockerfile: DockerfileText
    ) {
        self.build = build
        self.image = image
        self.platform = platform
        self.stateFolder = stateFolder
        self.logFile = logFile
        self.dockerfile = dockerfile
    }
}

/// A Dockerfile as it was when the batch was planned.
public struct DockerfileText: Hashable, Sendable, Codable {
    /// As errors show it: relative to the folder of the batch manifest, or `NAME (inline)`.
    public var name: String
    /// The file as it is: it need not be UTF-8.
    public var bytes: [UInt8]

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    public init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }

    /// What is no UTF-8 has become U+FFFD.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    private enum CodingKeys: String, CodingKey { case name, text, bytes }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        bytes =
            try container.decodeIfPresent([UInt8].self, forKey: .bytes)
            ?? Array(try container.decode(String.self, forKey: .text).utf8)
    }

    /// As text, which people can read, unless that would lose something.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        if let text = String(validating: bytes, as: UTF8.self) {
            try container.encode(text, forKey: .text)
        } else {
            try container.encode(bytes, forKey: .bytes)
        }
    }
}

/// What a name in FROM or `--from` stands for, instead of a stage or an image of that name.
public enum NamedContext: Hashable, Sendable, Codable {
    /// A folder, with the text of its `.dockerignore`.
    case folder(String, ignoreFile: String?)
    /// Another image of the batch.
    case sibling(image: String)
    /// An image of a registry.
    case image(ImageReference)
    /// An image of an OCI layout; without a reference its only one.
    case layout(folder: String, reference: String?)
    /// A tree of a git repository.
    case git(GitCheckout)
    /// The contents of an archive.
    case archive(ArchiveSource)
    /// One of those two, as an executor knows it: where it is from, without secrets; the address itself may hold a password.
    case fetched(from: String, isRepository: Bool)
    /// An image without anything: `docker-image://scratch`.
    case scratch
}

extension NamedContext {
    /// Whether it stands for files, not for an image.
    public var isFolder: Bool {
        switch self {
        case .folder, .git, .archive, .fetched: true
        case .sibling, .image, .layout, .scratch: false
        }
    }
}

extension NamedContext {
    /// As an executor is told.
    public var withoutSecrets: NamedContext {
        switch self {
        case .git(let checkout): .fetched(from: Material.withoutSecrets(checkout.remote), isRepository: true)
        case .archive(let source): .fetched(from: source.shown, isRepository: false)
        default: self
        }
    }
}

extension Job {
    /// The names of the contexts that are files.
    public var folderContexts: Set<String> { Set(namedContexts.filter { $0.value.isFolder }.keys) }
}

/// The network of a RUN step.
public enum NetworkMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// A network stack of its own: out, but not to the host's loopback.
    case `private`
    /// The host's interfaces.
    case host
    /// Loopback only.
    case none
}

/// What one image may use.
public struct Limits: Hashable, Sendable, Codable {
    /// Processors, as a fraction (1.5).
    public var cpus: Double?
    public var memoryInBytes: Int64?
    public var pids: Int?
    /// What the steps that run may write to the disk together, their log included.
    public var diskInBytes: Int64?
    public var timeoutInSeconds: Double?
    /// The longest time without output or progress.
    public var idleInSeconds: Double?

    public init() {}
}

/// How far the cache of steps is used.
public enum CacheUse: String, Hashable, Sendable, Codable {
    case readWrite
    /// `--no-cache`: every step runs; results are recorded.
    case writeOnly
    /// `cache: {mode: off}`: every step runs, and nothing is recorded.
    case off
}

extension NamedContext {
    /// Where it is on this machine, if it is a folder or a layout.
    public var folderPath: String? {
        switch self {
        case .folder(let path, ignoreFile: _): path
        case .layout(folder: let path, reference: _): path
        default: nil
        }
    }
}
