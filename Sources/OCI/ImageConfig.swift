/// The config of an image: what a runtime needs to start it, and how it came to be.
///
/// https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md, with Docker's `Healthcheck`, `Shell` and `OnBuild`
/// (https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md).
public struct ImageConfig: Hashable, Sendable, Codable {
    /// RFC 3339, UTC.
    public var created: String?
    public var author: String?
    public var architecture: String
    public var os: String
    public var variant: String?
    public var osVersion: String?
    public var config: RunConfig?
    public var rootfs: RootFS
    public var history: [History]?

    enum CodingKeys: String, CodingKey {
        case created, author, architecture, os, variant, config, rootfs, history
        case osVersion = "os.version"
    }

    public init(platform: Platform) {
        architecture = platform.architecture
        os = platform.os
        variant = platform.variant
        osVersion = platform.osVersion
        rootfs = RootFS(diffIDs: [])
    }

    public var platform: Platform {
        var platform = Platform(os: os, architecture: architecture, variant: variant)
        platform.osVersion = osVersion
        return platform
    }

    /// What a container of the image runs with.
    public struct RunConfig: Hashable, Sendable, Codable {
        public var user: String?
        public var exposedPorts: [String: Empty]?
        /// `NAME=value`, in order.
        public var env: [String]?
        public var entrypoint: [String]?
        public var cmd: [String]?
        public var volumes: [String: Empty]?
        public var workingDir: String?
        public var labels: [String: String]?
        public var stopSignal: String?
        public var healthcheck: Healthcheck?
        public var shell: [String]?
        public var onBuild: [String]?
        public var argsEscaped: Bool?

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case exposedPorts = "ExposedPorts"
            case env = "Env"
            case entrypoint = "Entrypoint"
            case cmd = "Cmd"
            case volumes = "Volumes"
            case workingDir = "WorkingDir"
            case labels = "Labels"
            case stopSignal = "StopSignal"
            case healthcheck = "Healthcheck"
            case shell = "Shell"
            case onBuild = "OnBuild"
            case argsEscaped = "ArgsEscaped"
        }

        public init() {}
    }

    /// The empty object that the specification uses for the members of a set.
    public struct Empty: Hashable, Sendable, Codable {
        public init() {}
    }

    /// Docker's health check; durations are nanoseconds, zero and nil mean the runtime's default.
    public struct Healthcheck: Hashable, Sendable, Codable {
        public var test: [String]?
        public var interval: Int64?
        public var timeout: Int64?
        public var startPeriod: Int64?
        public var startInterval: Int64?
        public var retries: Int?

        enum CodingKeys: String, CodingKey {
            case test = "Test"
            case interval = "Interval"
            case timeout = "Timeout"
            case startPeriod = "StartPeriod"
            case startInterval = "StartInterval"
            case retries = "Retries"
        }

        public init(test: [String]) { self.test = test }
    }

    /// The layers' diffIDs, from the base up.
    public struct RootFS: Hashable, Sendable, Codable {
        public var type = "layers"
        public var diffIDs: [Digest]

        enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }

        public init(diffIDs: [Digest]) { self.diffIDs = diffIDs }
    }

    /// One instruction; entries that are not `emptyLayer` correspond to `diffIDs` in order.
    public struct History: Hashable, Sendable, Codable {
        public var created: String?
        public var createdBy: String?
        public var author: String?
        public var comment: String?
        public var emptyLayer: Bool?

        enum CodingKeys: String, CodingKey {
            case created, author, comment
            case createdBy = "created_by"
            case emptyLayer = "empty_layer"
        }

        public init(created: String? = nil, createdBy: String, comment: String? = nil, emptyLayer: Bool = false) {
            self.created = created
            self.createdBy = createdBy
            self.comment = comment
            self.emptyLayer = emptyLayer ? true : nil
        }
    }
}
