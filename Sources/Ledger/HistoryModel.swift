public import Jobs

/// One build as `history ls` shows it.
public struct HistoryEntry: Hashable, Sendable, Codable {
    public var build: String
    public var run: String
    public var image: String
    public var platform: String
    public var attempt: Int
    public var status: BuildStatus
    public var reasons: [String]
    /// Seconds since 1970.
    public var started: Double?
    public var ended: Double
    public var seconds: Double?
    public var digest: String?
    public var rootfsDigest: String?
    public var bytes: Int64
    public var steps: Int
    public var cached: Int
    public var cpuMilliseconds: Double?
    public var peakMemoryInBytes: Int64?
    public var isolation: String?
    public var network: String?
    public var errorClass: String?
    public var error: String?
    /// Relative to the state folder.
    public var log: String?
}

/// One build with everything that is known of it.
public struct HistoryDetail: Hashable, Sendable, Codable {
    public var build: HistoryEntry
    public var steps: [HistoryStep]
    public var materials: [HistoryMaterial]
    public var tags: [HistoryTag]
}

public struct HistoryStep: Hashable, Sendable, Codable {
    public var step: Int
    public var stage: String
    public var instruction: String
    public var key: String?
    public var cached: Bool
    public var milliseconds: Double
    public var cpuMilliseconds: Double?
    public var peakMemoryInBytes: Int64?
    public var bytes: Int64?
    /// Why the cache had no result.
    public var miss: String?
}

public struct HistoryMaterial: Hashable, Sendable, Codable {
    public var role: String
    public var reference: String
    public var digest: String
}

public struct HistoryTag: Hashable, Sendable, Codable {
    public var reference: String
    public var at: Double
    public var digest: String
    public var previous: String?
}

/// Which builds `history ls` lists; all conditions hold together.
public struct HistoryFilter: Hashable, Sendable {
    /// A name, or a pattern with `*` and `?`.
    public var image: String?
    public var statuses: [BuildStatus] = []
    /// Seconds since 1970.
    public var since: Double?
    public var until: Double?
    public var slowerThanInSeconds: Double?
    /// Digest of a base image, or the beginning of one.
    public var base: String?
    public var run: String?
    /// Newest first.
    public var limit = 50

    public init() {}
}
