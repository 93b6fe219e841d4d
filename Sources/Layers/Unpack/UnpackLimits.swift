/// How much an archive may hold. What is more is an error, not a full disk.
public struct UnpackLimits: Hashable, Sendable {
    /// Members.
    public var entries: Int64
    /// Of all content, holes included, and of the uncompressed stream.
    public var bytes: Int64
    /// Uncompressed to compressed bytes, once there is more than a GiB of the former. gzip cannot reach 1,100.
    public var ratio: Int64
    /// Of an entry's path.
    public var pathLength: Int
    /// Of one extended header.
    public var headerBytes: Int64

    /// Much longer than programs can name at once (PATH_MAX): trees grow deeper from directory to directory.
    public static let longestPath = 32 << 10

    public init(
        entries: Int64 = 10_000_000, bytes: Int64 = 1 << 39, ratio: Int64 = 1_100, pathLength: Int = longestPath,
        headerBytes: Int64 = 1 << 20
    ) {
        self.entries = entries
        self.bytes = bytes
        self.ratio = ratio
        self.pathLength = pathLength
        self.headerBytes = headerBytes
    }
}
