internal import FileSystem

/// Takes everything out of a container's root but what is kept.
struct RootSweep {
    let root: OpenFile
    let kept: KeptPaths

    func run() throws { try sweep(.root) }

    /// Of a folder that is there and in which something is kept.
    func sweep(_ path: RootPath) throws {
        let folder = try root.openWithoutLinks(FileName(path.bytes), [.read, .directory])
        try kept.take(folder, at: path)
        for entry in try folder.entries() {
            let below = path.appending(entry.name.bytes)
            switch kept.place(of: below) {
            case .kept: continue
            case .above where try folder.status(of: entry.name).kind == .directory: try sweep(below)
            default: try folder.removeTree(entry.name)
            }
        }
    }
}
