public import FileSystem

/// What `prune` tells apart in the state folder.
public enum StoreClass: String, CaseIterable, Hashable, Sendable, Codable {
    /// Unpacked layers: made again from their blobs.
    case layers
    /// Layers as they are sent, manifests, configs, downloads: built or fetched again.
    case blobs
    /// Records of the step cache, and what it knows of steps and contexts.
    case steps
    /// Caches of `RUN --mount=type=cache`.
    case mounts
    /// Git trees, unpacked archives, what is known of URLs.
    case contexts
    /// Logs of builds. They go by age, and do not count for a size.
    case logs

    /// All that can be had again.
    public static let store = allCases.filter { $0 != .logs }
}

/// Something that is kept or removed as a whole.
public struct StoreItem: Hashable, Sendable {
    public var kind: StoreClass
    /// The folder it is in, relative to the state folder, and its name there.
    public var folder: String
    public var name: FileName
    /// What it takes on the disk: holes do not count, a file with several names counts once.
    public var sizeInBytes: Int64
    public var lastUsed: FileTime
    /// What people call it: the id of a cache that steps mount.
    public var title: String?

    /// Relative to the state folder.
    public var path: String { "\(folder)/\(name)" }
}

/// Which items go.
public struct PruneRules: Hashable, Sendable {
    public var classes: Set<StoreClass> = Set(StoreClass.store)
    /// What was not used since then goes; in seconds since 1970. By class, for logs also by their path.
    public var unusedSince: Int64?
    /// The least recently used go until the rest takes no more than this; logs neither count nor go.
    public var keepBytes: Int64?
    /// Logs last written before then go instead of those by `unusedSince`; those of `failedLogs` have their own limit.
    public var logsSince: Int64?
    public var failedLogsSince: Int64?
    /// Paths relative to the state folder.
    public var failedLogs: Set<String> = []
    /// Clocks are set: what was used so long before a run began counts as used by it.
    public var slackInSeconds: Int64 = 600
    /// Only says what would go.
    public var isDryRun = false

    /// Everything but logs.
    public init() {}

    /// The moment before which an item must have been used last to go for its age; nil if its age is no reason.
    private func limit(for item: StoreItem) -> Int64? {
        guard item.kind == .logs else { return unusedSince }
        return failedLogs.contains(item.path) ? failedLogsSince ?? unusedSince : logsSince ?? unusedSince
    }

    /// The items that go, the least recently used first. Without any limit all do.
    func choice(of items: [StoreItem]) -> [StoreItem] {
        let oldestFirst = items.sorted { ($0.lastUsed, $0.path) < ($1.lastUsed, $1.path) }
        guard keepBytes != nil || unusedSince != nil || logsSince != nil || failedLogsSince != nil else {
            return oldestFirst
        }
        var size = items.reduce(0) { $0 + ($1.kind == .logs ? 0 : $1.sizeInBytes) }
        let aged = oldestFirst.filter { item in limit(for: item).map { item.lastUsed.seconds < $0 } ?? false }
        size -= aged.reduce(0) { $0 + ($1.kind == .logs ? 0 : $1.sizeInBytes) }
        guard let keepBytes, size > keepBytes else { return aged }
        var chosen = Set(aged)
        for item in oldestFirst where item.kind != .logs && size > keepBytes && !chosen.contains(item) {
            chosen.insert(item)
            size -= item.sizeInBytes
        }
        return oldestFirst.filter(chosen.contains)
    }
}

/// What was pruned, or would be.
public struct PruneReport: Hashable, Sendable {
    public struct Row: Hashable, Sendable {
        public var kind: StoreClass
        /// All that there was.
        public var items = 0
        public var sizeInBytes: Int64 = 0
        /// What of it went, or would go.
        public var removedItems = 0
        public var removedBytes: Int64 = 0
        /// What would have gone, but a run that has the folder has used it, or uses it.
        public var usedItems = 0
    }

    /// One for each class that was looked at.
    public var rows: [Row]
    /// All that there was.
    public var items: [StoreItem]
    /// What went or would go.
    public var removed: [StoreItem] = []
    /// Relative to the state folder: moved away, but this user may not remove it, for it belongs to subordinate ids.
    public var foreign: [String] = []
    /// Whether the time was up before all was removed.
    public var isPartial = false

    public var removedBytes: Int64 { rows.reduce(0) { $0 + $1.removedBytes } }
    /// What is left, without logs.
    public var storeBytes: Int64 {
        rows.reduce(0) { $0 + ($1.kind == .logs ? 0 : $1.sizeInBytes - $1.removedBytes) }
    }

    init(_ items: [StoreItem], classes: Set<StoreClass>) {
        self.items = items
        rows = StoreClass.allCases.filter(classes.contains).map { kind in
            let own = items.filter { $0.kind == kind }
            return Row(kind: kind, items: own.count, sizeInBytes: own.reduce(0) { $0 + $1.sizeInBytes })
        }
    }

    mutating func note(_ item: StoreItem, isRemoved: Bool) {
        guard let place = rows.firstIndex(where: { $0.kind == item.kind }) else { return }
        if isRemoved {
            rows[place].removedItems += 1
            rows[place].removedBytes += item.sizeInBytes
            removed.append(item)
        } else {
            rows[place].usedItems += 1
        }
    }
}
