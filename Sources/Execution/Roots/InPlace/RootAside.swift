internal import FileSystem
internal import Glibc

/// Moves a container's own files out of its root and back. Directories of an overlay's lower layers cannot be renamed: they are made
/// anew and what is in them is moved.
struct RootAside {
    let kept: KeptPaths

    func moveOut(of root: OpenFile, to aside: OpenFile) throws {
        try fill(aside, asWas: root) { try move(root, to: aside, .root, isOut: true) }
    }

    /// Into an empty root.
    func moveBack(to root: OpenFile, from aside: OpenFile) throws {
        try fill(root, asWas: aside) { try move(aside, to: root, .root, isOut: false) }
    }

    private func move(_ source: OpenFile, to target: OpenFile, _ path: RootPath, isOut: Bool) throws {
        for entry in try source.entries() {
            let below = path.appending(entry.name.bytes)
            switch kept.place(of: below) {
            case .kept: continue
            case .above where try source.status(of: entry.name).kind == .directory:
                try moveContents(of: entry.name, from: source, to: target, below, isOut: isOut, staysThere: isOut)
            default: try move(entry.name, from: source, to: target, below, isOut: isOut)
            }
        }
    }

    private func move(
        _ name: FileName, from source: OpenFile, to target: OpenFile, _ path: RootPath, isOut: Bool
    ) throws {
        do {
            try source.rename(name, to: name, in: target, replacing: false)
        } catch {
            guard error.code == EXDEV || error.code == EEXIST, try source.status(of: name).kind == .directory else {
                throw error
            }
            try moveContents(of: name, from: source, to: target, path, isOut: isOut, staysThere: false)
        }
    }

    private func moveContents(
        of name: FileName, from source: OpenFile, to target: OpenFile, _ path: RootPath, isOut: Bool, staysThere: Bool
    ) throws {
        let folder = try source.open(name, [.read, .directory, .noFollow])
        if try target.statusIfPresent(of: name) == nil { try target.makeDirectory(name) }
        let made = try target.open(name, [.read, .directory, .noFollow])
        try fill(made, asWas: folder) { try move(folder, to: made, path, isOut: isOut) }
        if !staysThere { try source.removeDirectory(name) }
    }

    /// A folder becomes in all what another was.
    private func fill(_ folder: OpenFile, asWas other: OpenFile, _ body: () throws -> Void) throws {
        let status = try other.status()
        try folder.setOwnerOnDisk(uid: status.uid, gid: status.gid)
        try folder.setPermissions(status.permissions)
        try folder.removeAttributes(missingIn: other)
        try folder.copyAttributes(from: other)
        try body()
        try folder.setTimes(modified: status.modified)
    }
}
