internal import FileSystem
internal import Layers

/// One COPY or ADD: sources with what is in them, and where they go.
struct CopyOperation {
    let sources: [CopySource]
    /// Absolute, WORKDIR joined, not cleaned: a slash at its end means a directory.
    let destination: String

    /// Writes into a root file system. Without sources nothing happens, not even the destination is made.
    func run(in target: CopyTarget) throws {
        for source in sources { try copy(source, to: target) }
    }

    private var namesDirectory: Bool {
        destination.hasSuffix("/") || destination.hasSuffix("/.") || destination == "."
    }

    private func copy(_ source: CopySource, to target: CopyTarget) throws {
        let path = RootPath(destination)
        if source.isDirectory {
            return try TreeCopier(source, into: target.directory(path), of: target).copyContents()
        }
        guard let entry = source.entries.first else { return }
        if let kind = source.archive {
            // --chmod has nothing to say of an archive, nor of the folder that is made for one.
            return try unpack(source, entry, kind, to: target.directory(path, mode: 0o755), of: target)
        }
        let resolved = try target.resolve(path)
        if namesDirectory || resolved.found == .directory {
            try TreeCopier(source, into: target.directory(path), of: target).copy(entry, as: source.name)
        } else {
            let folder = try target.directory(resolved.path.parent)
            try TreeCopier(source, into: folder, of: target).copy(entry, as: resolved.path.last ?? [])
        }
    }

    private func unpack(
        _ source: CopySource, _ entry: CopyEntry, _ kind: ArchiveKind, to folder: TargetFolder, of target: CopyTarget
    ) throws {
        guard let file = try source.open(entry) else { return }
        let owner = target.attributes.owner.map { FileOwner(uid: $0.uid, gid: $0.gid) }
        let place = try folder.writable()
        let start = FileTime.now.seconds
        try extractArchive(file, kind: kind, into: place, owner: owner)
        // An archive that says something of its root gave it a time of its own; else it is as it was.
        let time = try place.status().modified
        if time.seconds < start - 1 { target.setTime(of: folder, time) }
    }
}
