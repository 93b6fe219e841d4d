internal import FileSystem
internal import Glibc
internal import SystemPackage

/// Removes what is not used any more from a state folder, also while a run uses it.
///
/// What a run that has the folder found or made since it began is not touched. An item leaves its place by one rename into
/// `tmp/`, so a prune that is killed leaves whole items and something for the next run's sweep.
public struct Pruning {
    /// How many items are moved away while a run has to wait for its next item.
    private static let batchSize = 16

    private let state: StateFolder
    private let marks: UseMarks
    private let temporary: OpenFile
    private let mounts: MountStore

    /// The folder was prepared; no lock is needed.
    public init(_ state: StateFolder) throws(StorageError) {
        self.state = state
        marks = try UseMarks(state)
        temporary = try state.open(state.temporary)
        mounts = try MountStore(state)
    }

    /// Removes what the rules say. `isOver` is asked between items, and ends it early. Blocks.
    public func run(_ rules: PruneRules, isOver: () -> Bool = { false }) throws -> PruneReport {
        let items = try StoreInventory(state: state, marks: marks).items(of: rules.classes)
        var report = PruneReport(items, classes: rules.classes)
        let chosen = rules.choice(of: items)
        for start in stride(from: 0, to: chosen.count, by: Self.batchSize) {
            guard !isOver() else {
                report.isPartial = true
                return report
            }
            let batch = chosen[start..<min(start + Self.batchSize, chosen.count)]
            let graves = try rules.isDryRun ? look(at: batch, rules, &report) : bury(batch, rules, &report)
            report.foreign += try state.removeLeftovers(graves)
        }
        if !rules.isDryRun { try tidy(rules.classes) }
        return report
    }

    // MARK: - Which may go

    /// What was used since then is a run's; nil if none has the folder.
    private func protectedSince(_ rules: PruneRules) throws(StorageError) -> FileTime? {
        guard try RunLock.isHeld(state), let time = try state.lockTime() else { return nil }
        return FileTime(seconds: time.seconds - rules.slackInSeconds)
    }

    private func look(at batch: ArraySlice<StoreItem>, _ rules: PruneRules, _ report: inout PruneReport) throws
        -> [String]
    {
        let since = try protectedSince(rules)
        for item in batch { report.note(item, isRemoved: isFree(item, since)) }
        return []
    }

    /// A cache that steps mount is kept by the lock of its instance instead.
    private func isFree(_ item: StoreItem, _ since: FileTime?) -> Bool {
        guard let since, item.kind != .mounts else { return true }
        return item.lastUsed < since
    }

    // MARK: - Moving away

    /// The new names, relative to the state folder.
    private func bury(_ batch: ArraySlice<StoreItem>, _ rules: PruneRules, _ report: inout PruneReport) throws
        -> [String]
    {
        var graves: [String] = []
        for item in batch where item.kind == .mounts {
            let grave = try mounts.bury(item.name.description) { $0 <= item.lastUsed.seconds }
            report.note(item, isRemoved: grave != nil)
            if let grave { graves.append("tmp/\(grave)") }
        }
        let others = batch.filter { $0.kind != .mounts }
        let places = try Dictionary(
            Set(others.map(\.folder)).map { ($0, try state.open(state.root.appending($0))) }, uniquingKeysWith: { $1 })
        let since = try protectedSince(rules)
        var results: [(StoreItem, grave: String?)] = []
        try storing("pruning \(state.root)") { () throws(SystemError) in
            try marks.excluding { () throws(SystemError) in
                for item in others {
                    guard let place = places[item.folder] else { continue }
                    results.append((item, isFree(item, since) ? try move(item, place) : nil))
                }
            }
        }
        for (item, grave) in results {
            report.note(item, isRemoved: grave != nil)
            if let grave { graves.append(grave) }
        }
        return graves
    }

    /// Nil if it is gone, or was used or made anew since it was chosen.
    private func move(_ item: StoreItem, _ place: OpenFile) throws(SystemError) -> String? {
        guard let status = try place.statusIfPresent(of: item.name) else { return nil }
        let own = item.kind == .logs ? status.modified : status.changed
        let mark = item.mark
        let marked = try mark.flatMap { (mark) throws(SystemError) in try marks.time(mark.kind, mark.name) }
        guard max(own, marked ?? own) == item.lastUsed else { return nil }
        let grave = FileName(StateFolder.droppedPrefix + OpenFile.temporaryName(item.kind.rawValue).bytes)
        var folder = "tmp"
        do {
            try place.rename(item.name, to: grave, in: temporary)
        } catch {
            // A directory of another owner, as a subordinate id is, can be renamed but not moved.
            guard error.code == EACCES || error.code == EPERM, item.kind == .layers else { throw error }
            try place.rename(item.name, to: grave, in: place)
            folder = item.folder
        }
        if let mark { try marks.remove(mark.kind, mark.name) }
        return "\(folder)/\(grave)"
    }

    // MARK: - After

    /// Marks of things that are gone, and folders of logs that are.
    private func tidy(_ classes: Set<StoreClass>) throws(StorageError) {
        let places: [(UseMarks.Kind, StoreClass, String)] = [
            (.layers, .layers, "layers"), (.blobs, .blobs, "blobs/sha256"),
        ]
        for (kind, itemClass, folder) in places where classes.contains(itemClass) {
            let place = try state.open(state.root.appending(folder))
            try storing("tidying \(folder)") { () throws(SystemError) in
                for name in try marks.names(kind) where try place.statusIfPresent(of: name) == nil {
                    try marks.excluding { () throws(SystemError) in
                        if try place.statusIfPresent(of: name) == nil { try marks.remove(kind, name) }
                    }
                }
            }
        }
        if classes.contains(.logs) { try removeEmptyLogFolders() }
    }

    private func removeEmptyLogFolders() throws(StorageError) {
        // A run makes the folder just before its first log.
        guard try !RunLock.isHeld(state) else { return }
        let place = try state.open(state.logs)
        try storing("tidying \(state.logs)") { () throws(SystemError) in
            for entry in try place.open(".", [.read, .directory]).entries() {
                do throws(SystemError) {
                    try place.removeDirectory(entry.name)
                } catch {
                    guard error.code == ENOTEMPTY || error.isNotFound else { throw error }
                }
            }
        }
    }
}

extension StoreItem {
    /// Where its last use is noted; nil for what has only its own time.
    fileprivate var mark: (kind: UseMarks.Kind, name: FileName)? {
        switch kind {
        case .layers: (.layers, name)
        case .blobs: folder == "references" ? nil : (.blobs, name)
        case .contexts:
            (.contexts, ContextMark.name(folder: folder.split(separator: "/").last.map(String.init) ?? "", name))
        case .steps, .mounts, .logs: nil
        }
    }
}
