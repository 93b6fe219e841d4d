internal import FileSystem

/// Finds the directories in which entries are made, makes those that are missing, and keeps the last ones open.
///
/// Links on the way are followed inside the root, never by the kernel out of it. In an overlay form a name that this layer
/// does not have is looked up in the layers below: a directory is made here with the metadata it has there, a link is
/// followed.
final class FolderResolver {
    struct Folder {
        let file: OpenFile
        /// The real path, none of whose names is a link.
        let path: [FileName]
    }

    /// As path_resolution(7) has it.
    private static let linkLimit = 40
    /// Descriptors that are kept open.
    private static let cacheLimit = 128
    /// Names in the paths of those.
    private static let cachedNameLimit = 16 << 10

    private let root: OpenFile
    private let form: TargetForm
    private var cache: [[FileName]: Folder] = [:]
    private var cachedNames = 0
    private var last: (names: [FileName], folder: Folder)?
    /// Whether a path was taken through a link of a lower layer, which a later entry of this layer may replace.
    private var hasPassedLowerLink = false
    /// Real paths of this layer that hide what is below them.
    private var opaque = PathTree<Void>()
    /// Called for each directory that is made with a lower one's metadata.
    var didCopyFolder: (([FileName], FileStatus, [ExtendedAttribute]) -> Void)?

    init(root: OpenFile, form: TargetForm) {
        self.root = root
        self.form = form
    }

    /// The directory that a path names.
    func folder(_ names: [FileName]) throws -> Folder {
        if let last, last.names == names { return last.folder }
        let folder = try cache[names] ?? open(names)
        if cache.count >= Self.cacheLimit || cachedNames > Self.cachedNameLimit { forget() }
        if cache.updateValue(folder, forKey: names) == nil { cachedNames += names.count }
        last = (names, folder)
        return folder
    }

    /// Says that something that was on a path was replaced: what is open may be no longer there.
    func forget() {
        cache = [:]
        cachedNames = 0
        last = nil
    }

    /// Says that a name was made.
    func didMake() {
        if hasPassedLowerLink { forget() }
    }

    /// Marks a directory of this layer: nothing of the lowers is to be seen in it.
    func setOpaque(_ folder: OpenFile, _ path: [FileName]) throws(SystemError) {
        try OverlayMark.setOpaque(folder)
        opaque.set(path, ())
    }

    /// What the lowers have at a real path that this layer does not have.
    func findBelow(_ path: [FileName]) throws(SystemError) -> Lowers.Place? {
        guard let name = path.last else { return nil }
        return try Lowers.find(name, in: lowerFolders(of: path.dropLast()))
    }

    /// The lowers' directories that are merged with one of this layer.
    private func lowerFolders(of path: some Sequence<FileName>) throws(SystemError) -> [OpenFile] {
        guard case .overlay(let lowers) = form, !opaque.hasValue(onWayTo: path) else { return [] }
        return try lowers.folders(path)
    }

    private func open(_ names: [FileName]) throws -> Folder {
        do throws(SystemError) {
            let file = try root.openWithoutLinks(FileName.joining(names), [.pathOnly, .directory])
            return Folder(file: file, path: names)
        } catch {
            guard error.isNotFound || error.isLink else { throw error }
        }
        return try walk(names)
    }

    /// Where a walk is.
    private struct Position {
        var file: OpenFile
        var path: [FileName] = []
        /// What of the lowers is merged with it, once somebody asked.
        var below: [OpenFile]?
    }

    /// Name by name, for paths with links or missing directories.
    private func walk(_ names: [FileName]) throws -> Folder {
        var position = Position(file: root)
        var rest = Array(names.reversed())
        var links = 0
        while let name = rest.popLast() {
            if name == ".." {
                position.path = position.path.dropLast()
                position.file = try root.openWithoutLinks(.joining(position.path), [.pathOnly, .directory])
                position.below = nil
                continue
            }
            guard let target = try step(to: name, &position) else { continue }
            links += 1
            guard links <= Self.linkLimit else { throw EntryRefusal.tooManyLinks }
            if target.bytes.first == UInt8(ascii: "/") { position = Position(file: root) }
            rest += target.components.reversed()
        }
        return Folder(file: position.file, path: position.path)
    }

    /// Goes down into a directory, which is made if there is none; at a link it stays, and returns the link's text.
    private func step(to name: FileName, _ position: inout Position) throws -> FileName? {
        guard let status = try position.file.statusIfPresent(of: name) else {
            return try stepBelow(to: name, &position)
        }
        switch status.kind {
        case .directory: try enter(name, &position)
        case .symlink: return try position.file.readLink(name)
        default:
            guard case .overlay = form, try OverlayMark.isWhiteout(name, status, in: position.file) else {
                throw EntryRefusal.parentIsNoDirectory(FileName.joining(position.path + [name]))
            }
            try position.file.unlink(name)
            try make(name, &position)
            try setOpaque(position.file.open(".", [.read, .directory]), position.path)
            position.below = []
        }
        return nil
    }

    private func stepBelow(to name: FileName, _ position: inout Position) throws -> FileName? {
        let folders = try position.below ?? lowerFolders(of: position.path)
        position.below = folders
        guard let below = try Lowers.find(name, in: folders) else {
            try make(name, &position)
            return nil
        }
        switch below.status.kind {
        case .directory:
            try make(name, &position)
            let lower = try below.folder.open(name, [.pathOnly, .directory, .noFollow])
            didCopyFolder?(
                position.path, below.status, try CarriedAttributes.read(lower, names: lower.extendedAttributeNames()))
            return nil
        case .symlink:
            hasPassedLowerLink = true
            return try below.folder.readLink(name)
        default: throw EntryRefusal.parentIsNoDirectory(FileName.joining(position.path + [name]))
        }
    }

    private func enter(_ name: FileName, _ position: inout Position) throws(SystemError) {
        position.file = try position.file.open(name, [.pathOnly, .directory, .noFollow])
        position.path.append(name)
        guard let below = position.below, !below.isEmpty else { return }
        position.below = opaque.hasValue(onWayTo: position.path) ? [] : try Lowers.open(name, in: below)
    }

    /// A directory that no entry has described (yet): 0755, the builder's own.
    private func make(_ name: FileName, _ position: inout Position) throws(SystemError) {
        try position.file.makeDirectory(name, mode: 0o755)
        try enter(name, &position)
        if !ProcessMask.leaves(0o755) { try position.file.setPermissions(0o755) }
    }
}

extension SystemError {
    /// EINVAL.
    var isInvalid: Bool { code == 22 }
    var isNotPermitted: Bool { code == 1 }
}
