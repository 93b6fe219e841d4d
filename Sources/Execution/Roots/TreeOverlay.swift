internal import FileSystem
internal import Layers

/// Lays an unpacked layer over a tree, as an overlay of both would look.
final class TreeOverlay {
    private let layer: OpenFile
    private let tree: OpenFile
    /// Where files with several names were put first.
    private var linked: [FileIdentity: RootPath] = [:]
    private let kept: KeptPaths?
    /// Kept paths that the layer has something at, too.
    private(set) var covered: [RootPath] = []

    /// What is kept stays in the tree as it is, and folders above it stay folders.
    init(_ layer: OpenFile, into tree: OpenFile, without kept: KeptPaths? = nil) {
        self.layer = layer
        self.tree = tree
        self.kept = kept
    }

    func run() throws { try merge(.root) }

    /// Folder after folder by path, so that no descriptor is held on the way down.
    private func merge(_ path: RootPath) throws {
        let name = FileName(path.bytes)
        let source = try layer.openWithoutLinks(name, [.read, .directory])
        let target = try tree.openWithoutLinks(name, [.read, .directory])
        try (kept?.record(of: path) ?? target).takeMetadata(of: source, replacing: true)
        var folders: [FileName] = []
        for entry in try source.entries() {
            let status = try source.status(of: entry.name)
            if let kept, case let place = kept.place(of: path.appending(entry.name.bytes)), place != .image {
                if try mergesAbove(entry.name, place, status, path, from: source, kept) { folders.append(entry.name) }
            } else if try source.isDeletion(entry.name, status) {
                try target.removeTree(entry.name)
            } else if status.kind == .directory {
                try makeRoom(for: entry.name, in: target, of: source)
                folders.append(entry.name)
            } else {
                try put(entry.name, status, path, from: source, into: target)
            }
        }
        for folder in folders { try merge(path.appending(folder.bytes)) }
        try target.setTimes(modified: source.status().modified)
    }

    /// What a layer says of a folder in which something is kept. True if it has that folder, too.
    private func mergesAbove(
        _ name: FileName, _ place: KeptPaths.Place, _ status: FileStatus, _ parent: RootPath, from source: OpenFile,
        _ kept: KeptPaths
    ) throws -> Bool {
        guard place == .above else {
            covered.append(parent.appending(name.bytes))
            return false
        }
        let isFolder = status.kind == .directory
        let hides = try isFolder && source.open(name, [.read, .directory, .noFollow]).isOpaque()
        if try hides || source.isDeletion(name, status) {
            try RootSweep(root: tree, kept: kept).sweep(parent.appending(name.bytes))
        }
        return isFolder
    }

    /// A directory is there afterwards.
    private func makeRoom(for name: FileName, in target: OpenFile, of source: OpenFile) throws {
        let present = try target.statusIfPresent(of: name)
        if present?.kind == .directory, try !source.open(name, [.read, .directory, .noFollow]).isOpaque() { return }
        if present != nil { try target.removeTree(name) }
        try target.makeDirectory(name, mode: 0o700)
    }

    private func put(
        _ name: FileName, _ status: FileStatus, _ parent: RootPath, from source: OpenFile, into target: OpenFile
    ) throws {
        try target.removeTree(name)
        let path = parent.appending(name.bytes)
        guard status.linkCount > 1 else { return try source.copyNode(name, status, to: target, as: name) }
        if let first = linked[FileIdentity(status)] {
            let file = try tree.openWithoutLinks(FileName(first.bytes), [.pathOnly, .noFollow])
            return try target.makeHardLink(name, to: file)
        }
        try source.copyNode(name, status, to: target, as: name)
        linked[FileIdentity(status)] = path
    }
}
