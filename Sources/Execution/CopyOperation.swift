internal import FileSystem
internal import Layers

/// One COPY or ADD of files: sources with what is in them, and where they go.
struct CopyOperation {
    let tree: SourceTree
    let sources: [CopySource]
    /// Absolute, WORKDIR joined, not cleaned: a slash at its end means a directory.
    let destination: String
    let attributes: CopyAttributes
    /// ADD: an archive among the sources is unpacked.
    let unpacksArchives: Bool

    /// Writes into a root file system. Without sources nothing happens, not even the destination is made.
    func run(in root: OpenFile) throws {
        let destination = CopyDestination(root: root, attributes: attributes)
        for source in sources { try copy(source, to: destination) }
    }

    private var namesDirectory: Bool {
        destination.hasSuffix("/") || destination.hasSuffix("/.") || destination == "."
    }

    private func copy(_ source: CopySource, to target: CopyDestination) throws {
        let path = RootPath(destination)
        if source.isDirectory {
            return try keepingTimes(of: target.directory(path)) { folder in
                try copier(into: folder, at: path).copyContents(source.entries)
            }
        }
        guard let entry = source.entries.first else { return }
        if unpacksArchives, try unpack(entry, to: path, in: target) { return }
        let resolved = try target.resolve(path)
        if namesDirectory || resolved.found == .directory {
            try keepingTimes(of: target.directory(path)) { folder in
                try copier(into: folder, at: path).copyFile(entry, as: source.path.last ?? entry.source.last ?? [])
            }
        } else {
            try keepingTimes(of: target.directory(resolved.path.parent)) { folder in
                try copier(into: folder, at: resolved.path.parent).copyFile(entry, as: resolved.path.last ?? [])
            }
        }
    }

    /// A directory that was there keeps its time when something is put into it.
    private func keepingTimes(of folder: OpenFile, _ body: (OpenFile) throws -> Void) throws {
        let time = try folder.status().modified
        try body(folder)
        try folder.setTimes(modified: time)
    }

    private func copier(into folder: OpenFile, at place: RootPath) -> TreeCopier {
        TreeCopier(from: tree, into: folder, at: place, attributes: attributes)
    }

    private func unpack(_ entry: CopyEntry, to path: RootPath, in target: CopyDestination) throws -> Bool {
        guard entry.status.kind == .regular, entry.status.size > 0 else { return false }
        let file = try tree.open(entry.source, [.read, .noFollow])
        guard let kind = try archiveKind(of: file) else { return false }
        let owner = attributes.owner.map { FileOwner(uid: $0.uid, gid: $0.gid) }
        try extractArchive(file, kind: kind, into: target.directory(path), owner: owner)
        return true
    }
}
