public import FileSystem
public import SystemPackage

/// The folder that holds everything that is kept: ledger, store, cache, logs.
public struct StateFolder: Sendable {
    /// Absolute.
    public let root: FilePath

    /// What has no final name yet; leftovers are swept at the next start.
    public let temporary: FilePath

    public init(_ root: FilePath) { self.init(root, temporary: root.appending("tmp")) }

    init(_ root: FilePath, temporary: FilePath) {
        self.root = root
        self.temporary = temporary
    }

    public var ledger: FilePath { root.appending("ledger.sqlite") }
    public var blobs: FilePath { root.appending("blobs").appending("sha256") }
    /// Unpacked layers, by the hexadecimal digits of their diffID.
    public var layers: FilePath { root.appending("layers") }
    /// Results of steps by their key.
    public var cache: FilePath { root.appending("cache") }
    var lastSteps: FilePath { cache.appending("last") }
    /// Which results of steps are in a cache that machines share.
    public var sharedSteps: FilePath { cache.appending("shared") }
    var contentDigests: FilePath { cache.appending("content") }
    /// Caches of `RUN --mount=type=cache`.
    public var mounts: FilePath { root.appending("mounts") }
    public var logs: FilePath { root.appending("logs") }
    /// What was fetched for contexts: `git/`, `archives/`, `http/` and so on.
    public var contexts: FilePath { root.appending("contexts") }
    /// Which digest a reference of a registry had when it was asked for last.
    public var references: FilePath { root.appending("references") }
    /// When things of the store were used last.
    var used: FilePath { root.appending("used") }
    /// Temporary folders of commands that are no runs, see `GuestFolder`.
    var guests: FilePath { root.appending("guests") }
    /// Locks of single digests.
    public var locks: FilePath { root.appending("locks") }
    public var lock: FilePath { root.appending("lock") }
    var layout: FilePath { root.appending("layout") }
    var synced: FilePath { root.appending("synced") }

    static let layoutVersion = 1

    /// Makes what is missing; private to the user (0700). Throws if a newer build-all made the folder.
    public func prepare() throws(StorageError) {
        try makeFolders(root)
        try checkLayout()
        for folder in [
            blobs, layers, lastSteps, sharedSteps, contentDigests, mounts, logs, contexts, references, temporary, locks,
        ] {
            try makeFolders(folder)
        }
        for kind in UseMarks.Kind.allCases { try makeFolders(used.appending(kind.rawValue)) }
    }

    /// A folder opened for work below it.
    public func open(_ folder: FilePath) throws(StorageError) -> OpenFile {
        try storing("opening the state folder") { () throws(SystemError) in
            try OpenFile.open(folder.string, [.read, .directory])
        }
    }

    private func makeFolders(_ folder: FilePath) throws(StorageError) {
        try storing("making \(folder)") { () throws(SystemError) in
            _ = try OpenFile.makeFolders(folder.string, mode: 0o700)
        }
    }

    private func checkLayout() throws(StorageError) {
        let folder = try open(root)
        let text = try storing("reading \(layout)") { () throws(SystemError) in
            try folder.readSmallFile("layout").map { String(decoding: $0, as: UTF8.self) }
        }
        // Empty: the machine lost its power just after it was made.
        guard let text, !text.isEmpty else {
            try makeFolders(temporary)
            let drafts = try open(temporary)
            return try storing("writing \(layout)") { () throws(SystemError) in
                try folder.replaceFile("layout", with: Array("\(Self.layoutVersion)\n".utf8), through: drafts)
            }
        }
        let version = Int(text.split(separator: "\n").first ?? "")
        guard let version, version <= Self.layoutVersion else {
            throw .newerLayout(
                found: String(text.prefix(20).prefix { $0 != "\n" }), supported: Self.layoutVersion,
                path: root.string)
        }
    }
}
