internal import FileSystem
internal import SystemPackage

/// What keeps things of the store from `prune`: whoever finds one marks it as used, and what was used since the run that
/// has the folder began is not removed.
///
/// A mark is a file below `used/` with the thing's name; its modification time is the time of last use. The thing itself
/// is left alone: the times of a layer's folder are content, and change times say what a power loss may have cut short.
/// A thing is marked once a run. Naming and marking share a lock that `prune` takes for itself while it looks at a thing
/// and moves it away: what a run has found or made stays found.
struct UseMarks: Sendable {
    enum Kind: String, CaseIterable, Sendable { case blobs, layers, contexts }

    private static let lockName: FileName = ".lock"
    private let folder: OpenFile
    private let kinds: [Kind: OpenFile]
    /// When the run that has the folder took it; things used since need no further mark.
    private let began: FileTime

    /// Opens the marks of a state folder that was prepared, as a part of the run that has it now.
    init(_ state: StateFolder) throws(StorageError) {
        folder = try state.open(state.used)
        var kinds: [Kind: OpenFile] = [:]
        for kind in Kind.allCases { kinds[kind] = try state.open(state.used.appending(kind.rawValue)) }
        self.kinds = kinds
        began = try state.lockTime() ?? FileTime(seconds: 0)
    }

    // MARK: - For runs

    /// The status of a thing that is there and now stays for the rest of the run; nil if it is not there.
    func use(_ kind: Kind, _ name: FileName, in place: OpenFile) throws(SystemError) -> FileStatus? {
        try use(kind, name, of: name, in: place)
    }

    /// As above, with a mark of another name.
    func use(
        _ kind: Kind, _ mark: FileName, of name: FileName, in place: OpenFile
    ) throws(SystemError) -> FileStatus? {
        guard let status = try place.statusIfPresent(of: name) else { return nil }
        if status.changed >= began { return status }
        if let time = try time(kind, mark), time >= began { return status }
        return try sharing { () throws(SystemError) in
            guard let status = try place.statusIfPresent(of: name) else { return nil }
            try marks(kind).open(mark, [.write, .create], mode: 0o600).setTimes(modified: .now)
            return status
        }
    }

    /// As `use`, for a small file whose own time is its mark.
    func useFile(_ name: FileName, in place: OpenFile) throws(SystemError) -> Bool {
        guard let status = try place.statusIfPresent(of: name) else { return false }
        if status.changed >= began { return true }
        return try sharing { () throws(SystemError) in
            guard try place.statusIfPresent(of: name) != nil else { return false }
            try place.setTimes(of: name, modified: .now)
            return true
        }
    }

    /// While `body` gives something its name, nothing is pruned.
    func sharing<Result>(_ body: () throws(SystemError) -> Result) throws(SystemError) -> Result {
        try locked(.shared, body)
    }

    // MARK: - For prune

    /// While `body` runs nothing is marked or named.
    func excluding<Result>(_ body: () throws(SystemError) -> Result) throws(SystemError) -> Result {
        try locked(.exclusive, body)
    }

    /// When a thing was marked last; nil if never.
    func time(_ kind: Kind, _ name: FileName) throws(SystemError) -> FileTime? {
        try marks(kind).statusIfPresent(of: name)?.modified
    }

    func names(_ kind: Kind) throws(SystemError) -> [FileName] {
        try marks(kind).open(".", [.read, .directory]).entries().map(\.name)
    }

    /// A thing that is gone needs no mark.
    func remove(_ kind: Kind, _ name: FileName) throws(SystemError) {
        do {
            try marks(kind).unlink(name)
        } catch {
            if !error.isNotFound { throw error }
        }
    }

    /// What was measured of a thing that never changes.
    func size(_ kind: Kind, _ name: FileName) throws(SystemError) -> Int64? {
        try marks(kind).readSmallFile(name).flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }

    /// Keeps what was measured; the time of last use stays what it is. `unmarked` is that of a thing without a mark.
    func keep(size: Int64, _ kind: Kind, _ name: FileName, unmarked: FileTime) throws(SystemError) {
        try excluding { () throws(SystemError) in
            let time = try time(kind, name) ?? unmarked
            let file = try marks(kind).open(name, [.write, .create, .truncate], mode: 0o600)
            try file.writeAll(Array("\(size)".utf8))
            try file.setTimes(modified: time)
        }
    }

    // MARK: -

    private func marks(_ kind: Kind) -> OpenFile {
        guard let marks = kinds[kind] else { preconditionFailure("all kinds were opened") }
        return marks
    }

    /// The lock is the kernel's on this opening of the file: it goes with the process, however that ends.
    private func locked<Result>(
        _ kind: OpenFile.LockKind, _ body: () throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        let lock = try folder.open(Self.lockName, [.readWrite, .create], mode: 0o600)
        try lock.lock(kind, waiting: true)
        let result = try body()
        try lock.unlock()
        return result
    }
}

extension StateFolder {
    /// When the last run took the folder, which may still have it; nil if none ever did.
    func lockTime() throws(StorageError) -> FileTime? {
        let folder = try open(root)
        return try storing("looking at \(lock)") { () throws(SystemError) in
            try folder.statusIfPresent(of: "lock")?.modified
        }
    }
}
