internal import FoundationEssentials
public import OCI
public import Registry

/// Removes old entries of a cache repository. An entry is an image manifest that is tagged with a step's key, 64
/// hexadecimal digits, and says in an annotation when it was made; nothing else is touched.
public struct RemoteSweep: Sendable {
    static let createdKey = "build-all.step.created"

    public struct Entry: Hashable, Sendable {
        public var key: String
        public var digest: Digest
        /// In seconds since 1970.
        public var created: Double
        /// Of its layers, as they are stored.
        public var sizeInBytes: Int64
    }

    public struct Report: Hashable, Sendable {
        /// All entries, the oldest first.
        public var entries: [Entry] = []
        /// Those that went, or would.
        public var removed: [Entry] = []
        /// Those that would have gone, but a tag that is no key names the same manifest.
        public var shared: [Entry] = []
        /// Tags that are no entries.
        public var otherTags = 0
    }

    /// Requests at once.
    private static let width = 8

    private let client: RegistryClient
    private let repository: ImageReference
    private let limit: Double

    /// - Parameter createdBefore: entries made before then go; in seconds since 1970.
    public init(_ client: RegistryClient, repository: ImageReference, createdBefore limit: Double) {
        self.client = client
        self.repository = repository
        self.limit = limit
    }

    /// Throws `RegistryError.cannotDelete` for a registry that does not delete; what went before is gone.
    public func run(isDryRun: Bool) async throws -> Report {
        let tags = try await client.tags(of: repository)
        var report = Report()
        report.entries = try await each(tags.filter(Self.isKey)) { try await entry($0) }
            .sorted { ($0.created, $0.key) < ($1.created, $1.key) }
        report.otherTags = tags.count - report.entries.count
        let old = report.entries.filter { $0.created < limit }
        guard !old.isEmpty else { return report }
        let keys = Set(report.entries.map(\.key))
        let others = Set(try await each(tags.filter { !keys.contains($0) }) { try await digest(of: $0) })
        // A manifest that a younger entry has too stays as well.
        let young = Set(report.entries.filter { $0.created >= limit }.map(\.digest))
        for entry in old {
            if others.contains(entry.digest) || young.contains(entry.digest) {
                report.shared.append(entry)
                continue
            }
            if !isDryRun { try await client.deleteManifest(repository.pinned(to: entry.digest)) }
            report.removed.append(entry)
        }
        return report
    }

    static func isKey(_ tag: String) -> Bool {
        tag.utf8.count == 64 && tag.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// Nil for what only looks like an entry.
    private func entry(_ key: String) async throws -> Entry? {
        let found: ResolvedManifest
        do {
            found = try await client.resolve(repository.tagged(key), platform: .host)
        } catch let error as RegistryError {
            guard error.isNoEntry else { throw error }
            return nil
        }
        guard let text = found.manifest.annotations?[Self.createdKey],
            let created = try? Date(text, strategy: .iso8601).timeIntervalSince1970
        else { return nil }
        return Entry(
            key: key, digest: found.descriptor.digest, created: created,
            sizeInBytes: found.manifest.layers.reduce(0) { $0 + $1.size })
    }

    private func digest(of tag: String) async throws -> Digest? { try await client.digest(of: repository.tagged(tag)) }

    private func each<Value: Sendable>(
        _ tags: [String], _ body: @escaping @Sendable (String) async throws -> Value?
    ) async throws -> [Value] {
        let gate = Gate(width: Self.width)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            for tag in tags { group.addTask { try await gate.pass { try await body(tag) } } }
            return try await group.reduce(into: []) { if let value = $1 { $0.append(value) } }
        }
    }
}

extension RegistryError {
    /// Gone meanwhile, or no image.
    fileprivate var isNoEntry: Bool {
        switch self {
        case .status(_, _, let status, _, _): status == 404
        case .noSuchPlatform, .unsupportedManifest, .invalidManifest: true
        default: false
        }
    }
}
