internal import FileSystem
internal import Layers
internal import SystemPackage

/// What differs between two snapshots of a tree, copied in the form of an overlay's upper directory: as if the step had run
/// on an overlay of the layers.
final class TreeChanges {
    let after: TreeSnapshot
    private let before: TreeSnapshot
    private let root: OpenFile
    private let upper: OpenFile
    private let kept: KeptPaths?
    private let times = DirectoryTimes()
    /// Changed files with several names, by what they are.
    private var linked: [FileIdentity: [LinkedName]] = [:]
    private var isStillAfter = true

    private struct LinkedName {
        var path: RootPath
        var status: FileStatus
        /// It was the same file's before.
        var isOld: Bool
        /// How many names the file had before; nil for a name that is new.
        var linksBefore: UInt32?
    }

    /// Nothing of what is kept is in the snapshots.
    init(
        from before: TreeSnapshot, to after: TreeSnapshot, in root: OpenFile, into upper: OpenFile,
        without kept: KeptPaths? = nil
    ) {
        self.before = before
        self.after = after
        self.root = root
        self.upper = upper
        self.kept = kept
    }

    /// False if the tree had to be changed: it is not what `after` says any more.
    func copy() throws -> Bool {
        try upper.takeMetadata(of: kept?.record(of: .root) ?? root)
        times.set(.root, after.root.status.modified)
        try visit(.root, before.root, after.root)
        for names in linked.values.sorted(by: { $0[0].path.bytes.lexicographicallyPrecedes($1[0].path.bytes) }) {
            try copyLinked(names)
        }
        try times.apply(below: upper)
        return isStillAfter
    }

    private func visit(_ path: RootPath, _ before: SnapshotFolder?, _ after: SnapshotFolder) throws {
        for (number, entry) in after.entries.enumerated() {
            let path = path.appending(entry.name.bytes)
            let old = before?.number(of: entry.name)
            let known = old.flatMap { before?.entries[$0].status }
            if let folder = after.folders[number] {
                try visitFolder(path, was: old.flatMap { before?.folders[$0] }, isNew: before == nil, folder)
            } else if known.map({ !entry.status.isUnchanged(from: $0) }) ?? true {
                let isOld = known.map { entry.status.isSameFile(as: $0) } ?? false
                try add(
                    LinkedName(
                        path: path, status: entry.status, isOld: isOld, linksBefore: isOld ? known?.linkCount : nil))
            }
        }
        for entry in before?.entries ?? [] where after.number(of: entry.name) == nil {
            try folder(path).makeWhiteout(entry.name)
        }
    }

    /// A folder in the place of another hides all that was in that one.
    private func visitFolder(_ path: RootPath, was: SnapshotFolder?, isNew: Bool, _ now: SnapshotFolder) throws {
        guard let was, now.status.isSameFile(as: was.status) else {
            let made = try folder(path)
            if !isNew { try made.makeOpaque() }
            return try visit(path, nil, now)
        }
        if !now.status.isUnchanged(from: was.status) { _ = try folder(path) }
        try visit(path, was, now)
    }

    private func add(_ name: LinkedName) throws {
        if name.status.linkCount == 1 { return try copy(name) }
        linked[FileIdentity(name.status), default: []].append(name)
    }

    /// An overlay copies each name of a file up by itself when the file changes, and with a new name the one that it was
    /// made of: those become one file, which the others do not belong to any more.
    private func copyLinked(_ names: [LinkedName]) throws {
        let old = names.filter(\.isOld)
        let new = names.filter { !$0.isOld }
        // As many names are gone as have come: it was given another name, which the others had no part in.
        let gone = Int(old.first?.linksBefore ?? 0) - old.count
        let isRenamed = !old.isEmpty && gone >= new.count
        let joined = new.isEmpty ? [] : isRenamed ? new[...] : old.prefix(1) + new
        if let first = joined.first {
            try copy(first)
            let file = try upper.openWithoutLinks(FileName(first.path.bytes), [.pathOnly, .noFollow])
            for name in joined.dropFirst() {
                try folder(name.path.parent).makeHardLink(FileName(name.path.last ?? []), to: file)
            }
        }
        let single = new.isEmpty || isRenamed ? old[...] : old.dropFirst()
        for name in single { try copy(name) }
        if names.count > 1 { for name in single { try separate(name.path) } }
    }

    private func copy(_ name: LinkedName) throws {
        let last = FileName(name.path.last ?? [])
        let source = try root.openWithoutLinks(FileName(name.path.parent.bytes), [.pathOnly, .directory])
        try source.copyNode(last, name.status, to: folder(name.path.parent), as: last)
    }

    /// Makes a name of the tree a file of its own.
    private func separate(_ path: RootPath) throws {
        let folder = try root.openWithoutLinks(FileName(path.parent.bytes), [.read, .directory])
        let time = try folder.status().modified
        let name = FileName(path.last ?? [])
        let draft: FileName = ".build-all-separate"
        try folder.removeTree(draft)
        try folder.copyNode(name, folder.status(of: name), to: folder, as: draft)
        try folder.rename(draft, to: name, in: folder)
        try folder.setTimes(modified: time)
        isStillAfter = false
    }

    // MARK: - Folders of the upper directory

    /// The upper directory of a path, made with those above it if it is missing.
    private func folder(_ path: RootPath) throws -> OpenFile {
        if path == .root { return upper }
        let name = FileName(path.bytes)
        if times.isKnown(path) { return try upper.openWithoutLinks(name, [.read, .directory]) }
        let source = try root.openWithoutLinks(name, [.read, .directory])
        let parent = try folder(path.parent)
        try parent.makeDirectory(FileName(path.last ?? []), mode: 0o700)
        let made = try upper.openWithoutLinks(name, [.read, .directory])
        let status = try source.status()
        try made.takeMetadata(of: kept?.record(of: path) ?? source)
        times.set(path, try kept?.status(of: path, status).modified ?? status.modified)
        return made
    }
}

/// A file, whichever name it has.
struct FileIdentity: Hashable {
    private let device: UInt64
    private let inode: UInt64

    init(_ status: FileStatus) {
        device = status.device
        inode = status.inode
    }
}
