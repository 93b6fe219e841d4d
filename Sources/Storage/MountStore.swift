internal import FileSystem
internal import FoundationEssentials
internal import Glibc
internal import OCI
public import SystemPackage

/// The caches of `RUN --mount=type=cache`: folders that steps of all images and runs share, by id.
///
/// `mounts/KEY/` holds `cache.json` and a folder for each instance, `0`, `1` and so on, whose `data` steps see. The lock of
/// an instance is the kernel's on its folder: it is gone with the process that holds it, however that ends.
public struct MountStore: Sendable {
    /// Who may have an instance at the same time.
    public enum Sharing: Sendable {
        /// All that share.
        case shared
        /// Nobody else; a second one gets another instance.
        case `private`
        /// Nobody else; a second one waits.
        case locked
    }

    /// What a cache is found by.
    public struct Key: Hashable, Sendable {
        /// As the Dockerfile has it.
        public var id: String
        /// What the cache begins with, "" for nothing: another beginning is another cache.
        public var seed: String

        public init(id: String, seed: String = "") {
            self.id = id
            self.seed = seed
        }

        var name: FileName { FileName(Digest(of: "\(id.utf8.count):\(id)\(seed)".utf8).hex) }
    }

    let state: StateFolder
    let folder: OpenFile
    let temporary: OpenFile
    private static let dataName: FileName = "data"
    static let recordName: FileName = "cache.json"
    private static let waitInMicroseconds: UInt32 = 50_000
    /// How old the time of last use may become while a cache is used again and again.
    private static let refreshInSeconds: Int64 = 60

    /// Opens the caches of a state folder that was prepared.
    public init(_ state: StateFolder) throws(StorageError) {
        self.state = state
        folder = try state.open(state.mounts)
        temporary = try state.open(state.temporary)
    }

    /// Takes an instance of a cache, which is made if there is none that can be had.
    ///
    /// `seed` fills the folder of a new instance; it then gets its place in one instant. `waiting` is called again and
    /// again while the instance of a locked cache is somebody else's, and ends the waiting by throwing.
    public func acquire(
        _ key: Key, _ sharing: Sharing, waiting: () throws -> Void = {}, seed: (FilePath) throws -> Void
    ) throws -> MountLease {
        var draft: FilePath?
        defer { if let draft { discard(draft) } }
        while true {
            switch try attempt(key, sharing, &draft) {
            case .taken(let lease): return lease
            case .busy:
                try waiting()
                usleep(Self.waitInMicroseconds)
            case .missing: draft = try makeDraft(seed)
            }
        }
    }

    private enum Attempt {
        case taken(MountLease)
        case busy
        case missing
    }

    /// All that changes which instances there are happens under one lock; a draft is used if one is missing.
    private func attempt(_ key: Key, _ sharing: Sharing, _ draft: inout FilePath?) throws -> Attempt {
        try withLock {
            let entry = try open(key)
            for number in 0... {
                let name = FileName("\(number)")
                if try entry.statusIfPresent(of: name) == nil {
                    guard let made = draft else { return .missing }
                    try temporary.rename(Self.name(of: made), to: name, in: entry, replacing: false)
                    draft = nil
                }
                let instance = try entry.open(name, [.read, .directory, .noFollow])
                if try instance.lock(sharing == .shared ? .shared : .exclusive, waiting: false) {
                    try Self.restoreData(in: instance)
                    let path = state.mounts.appending(key.name.description).appending("\(number)")
                    return .taken(MountLease(folder: path.appending("data"), lock: instance))
                }
                if sharing == .locked { return .busy }
            }
            return .missing
        }
    }

    /// A step that was killed with the machine may have had the folder elsewhere.
    private static func restoreData(in instance: OpenFile) throws {
        guard try instance.statusIfPresent(of: dataName) == nil else { return }
        try instance.makeDirectory(dataName)
        try instance.open(dataName, [.pathOnly, .directory]).setPermissions(0o755)
    }

    func withLock<Result>(_ body: () throws -> Result) throws -> Result {
        let lock = try folder.open(".lock", [.readWrite, .create], mode: 0o600)
        try lock.lock(waiting: true)
        return try withExtendedLifetime(lock, body)
    }

    /// The folder of a cache; its record says when it was used last.
    private func open(_ key: Key) throws -> OpenFile {
        if try folder.statusIfPresent(of: key.name) == nil { try folder.makeDirectory(key.name, mode: 0o700) }
        let entry = try folder.open(key.name, [.read, .directory, .noFollow])
        let now = FileTime.now.seconds
        let known = try Self.record(in: entry)
        if let known, (now - Self.refreshInSeconds..<now + 1).contains(known.lastUsed) { return entry }
        let record = MountRecord(id: key.id, created: known?.created ?? now, lastUsed: now)
        try entry.replaceFile(Self.recordName, with: OCIDocument.encode(record), through: temporary)
        return entry
    }

    static func record(in entry: OpenFile) throws -> MountRecord? {
        guard let bytes = try entry.readSmallFile(recordName) else { return nil }
        do {
            return try JSONDecoder().decode(MountRecord.self, from: Data(bytes))
        } catch {
            // Cut short by a power loss; it is written anew at the next use.
            return nil
        }
    }

    /// A new instance below `tmp`, filled.
    private func makeDraft(_ seed: (FilePath) throws -> Void) throws -> FilePath {
        let name = OpenFile.temporaryName("cache")
        try temporary.makeDirectory(name, mode: 0o700)
        let path = state.temporary.appending(name.description)
        do {
            let instance = try temporary.open(name, [.read, .directory])
            try instance.makeDirectory(Self.dataName)
            try instance.open(Self.dataName, [.pathOnly, .directory]).setPermissions(0o755)
            try seed(path.appending("data"))
        } catch {
            discard(path)
            throw error
        }
        return path
    }

    /// What cannot be removed now is swept at the next start.
    private func discard(_ draft: FilePath) {
        do {
            try temporary.removeTree(Self.name(of: draft))
        } catch {
            _ = error
        }
    }

    private static func name(of draft: FilePath) -> FileName { FileName(draft.lastComponent?.string ?? "") }
}

/// What is remembered of a cache.
struct MountRecord: Codable {
    var id: String
    /// In seconds since 1970.
    var created: Int64
    var lastUsed: Int64
}

/// The right to use an instance of a cache, until it is let go of.
public final class MountLease: Sendable {
    /// What steps see: absolute, below the state folder.
    public let folder: FilePath
    private let lock: OpenFile

    init(folder: FilePath, lock: OpenFile) {
        self.folder = folder
        self.lock = lock
    }
}
