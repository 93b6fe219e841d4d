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

    private let root: OpenFile
    private let form: TargetForm
    private var cache: [[FileName]: Folder] = [:]
    private var last: (names: [FileName], folder: Folder)?
    /// Whether a path was taken through a link of a lower layer, which a later entry of this layer may replace.
    private var hasPassedLowerLink = false
    /// Real paths of this layer that hide what is below them.
    private var opaque: Set<[FileName]> = []
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
        if cache.count >= Self.cacheLimit { cache = [:] }
        cache[names] = folder
        last = (names, folder)
        return folder
    }

    /// Says that something that was on a path was replaced: what is open may be no longer there.
    func forget() {
        cache = [:]
        last = nil
    }

    /// Says that a name was made.
    func didMake() {
        if hasPassedLowerLink { forget() }
    }

    /// Marks a directory of this layer: nothing of the lowers is to be seen in it.
    func setOpaque(_ folder: OpenFile, _ path: [FileName]) throws(SystemError) {
        try OverlayMark.setOpaque(folder)
        opaque.insert(path)
    }

    /// What the lowers have at a real path that this layer does not have.
    func findBelow(_ path: [FileName]) throws(SystemError) -> Lowers.Place? {
        guard case .overlay(let lowers) = form, !isHidden(path) else { return nil }
        return try lowers.find(path)
    }

    private func isHidden(_ path: [FileName]) -> Bool {
        !opaque.isEmpty && path.indices.contains { opaque.contains(Array(path[..<$0])) }
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

    /// Name by name, for paths with links or missing directories.
    private func walk(_ names: [FileName]) throws -> Folder {
        var way: [Folder] = [Folder(file: root, path: [])]
        var rest = Array(names.reversed())
        var links = 0
        while let name = rest.popLast() {
            if name == ".." {
                if way.count > 1 { way.removeLast() }
                continue
            }
            guard let place = way.last else { break }
            switch try step(name, from: place) {
            case .folder(let folder): way.append(folder)
            case .link(let target):
                links += 1
                guard links <= Self.linkLimit else { throw EntryRefusal.tooManyLinks }
                if target.bytes.first == UInt8(ascii: "/") { way.removeLast(way.count - 1) }
                rest += target.components.reversed()
            }
        }
        return way[way.count - 1]
    }

    private enum Step {
        case folder(Folder)
        case link(FileName)
    }

    private func step(_ name: FileName, from place: Folder) throws -> Step {
        let path = place.path + [name]
        guard let status = try place.file.statusIfPresent(of: name) else { return try stepBelow(name, from: place) }
        switch status.kind {
        case .directory: return .folder(try enter(name, from: place))
        case .symlink: return .link(try place.file.readLink(name))
        default:
            guard case .overlay = form, status.isWhiteout else {
                throw EntryRefusal.parentIsNoDirectory(FileName.joining(path))
            }
            try place.file.unlink(name)
            let folder = try make(name, from: place)
            try setOpaque(folder.file, path)
            return .folder(folder)
        }
    }

    private func stepBelow(_ name: FileName, from place: Folder) throws -> Step {
        let path = place.path + [name]
        guard let below = try findBelow(path) else { return .folder(try make(name, from: place)) }
        switch below.status.kind {
        case .directory:
            let folder = try make(name, from: place)
            let lower = try below.folder.open(name, [.pathOnly, .directory, .noFollow])
            didCopyFolder?(path, below.status, try CarriedAttributes.read(lower, names: lower.extendedAttributeNames()))
            return .folder(folder)
        case .symlink:
            hasPassedLowerLink = true
            return .link(try below.folder.readLink(name))
        default: throw EntryRefusal.parentIsNoDirectory(FileName.joining(path))
        }
    }

    private func enter(_ name: FileName, from place: Folder) throws(SystemError) -> Folder {
        let file = try place.file.open(name, [.pathOnly, .directory, .noFollow])
        return Folder(file: file, path: place.path + [name])
    }

    /// A directory that no entry has described (yet): 0755, the builder's own.
    private func make(_ name: FileName, from place: Folder) throws(SystemError) -> Folder {
        try place.file.makeDirectory(name, mode: 0o755)
        let folder = try enter(name, from: place)
        if !ProcessMask.leaves(0o755) { try folder.file.setPermissions(0o755) }
        return folder
    }
}

extension SystemError {
    /// ELOOP: a link where none was allowed.
    var isLink: Bool { code == 40 }
    /// EINVAL.
    var isInvalid: Bool { code == 22 }
    var isNotPermitted: Bool { code == 1 }
}
