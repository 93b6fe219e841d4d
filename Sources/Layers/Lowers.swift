internal import FileSystem

/// The merged view of the layers below one, nearest first, as overlayfs would show it. Looks up by descriptors.
final class Lowers {
    /// A name in the merged view: the directory of the layer that shows it, and what it is there.
    struct Place {
        let folder: OpenFile
        let name: FileName
        let status: FileStatus
    }

    private let roots: [OpenFile]

    init(_ roots: [OpenFile]) { self.roots = roots }

    /// What is at a path, given as names none of which is passed as a link; nil if nothing is.
    func find(_ path: [FileName]) throws(SystemError) -> Place? {
        guard let last = path.last else { return nil }
        return try Self.find(last, in: folders(path.dropLast()))
    }

    /// The directories that are merged at a path, nearest first.
    func folders(_ path: some Sequence<FileName>) throws(SystemError) -> [OpenFile] {
        var folders = roots
        for name in path where !folders.isEmpty { folders = try Self.open(name, in: folders) }
        return folders
    }

    /// What the name is in directories that are merged.
    static func find(_ name: FileName, in folders: [OpenFile]) throws(SystemError) -> Place? {
        for folder in folders {
            guard let status = try folder.statusIfPresent(of: name) else { continue }
            let isDeleted = try OverlayMark.isWhiteout(name, status, in: folder)
            return isDeleted ? nil : Place(folder: folder, name: name, status: status)
        }
        return nil
    }

    func hasDirectory(_ path: [FileName]) throws(SystemError) -> Bool {
        try find(path)?.status.kind == .directory
    }

    /// The directories of this name that are merged: up to what is no directory, or hides those below it.
    static func open(_ name: FileName, in folders: [OpenFile]) throws(SystemError) -> [OpenFile] {
        var found: [OpenFile] = []
        for folder in folders {
            guard let status = try folder.statusIfPresent(of: name) else { continue }
            guard status.kind == .directory else { break }
            let child = try folder.open(name, [.pathOnly, .directory, .noFollow])
            found.append(child)
            if try OverlayMark.isOpaque(child) { break }
        }
        return found
    }
}
