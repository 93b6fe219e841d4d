internal import FileSystem
internal import OCI

/// One file of a source, with its place below the copy's destination.
struct CopyEntry {
    /// In the source tree, without links.
    var source: RootPath
    /// Below the destination; empty is the destination itself.
    var target: RootPath
    var status: FileStatus
    var linkTarget: [UInt8]?
}

/// One source of a COPY or ADD, with everything below it that is copied, parents first.
struct CopySource {
    /// As the instruction names it, or as its pattern matched.
    var path: RootPath
    var isDirectory: Bool
    /// The source itself, when it is no directory, or what is in it.
    var entries: [CopyEntry]
}

/// Lists what a source holds.
struct CopyWalk {
    let tree: SourceTree

    /// All of a source; a directory gives its contents, never itself.
    func source(_ path: RootPath, resolved: RootPath) throws -> CopySource {
        let status = try tree.status(resolved)
        var entries: [CopyEntry] = []
        if status.kind == .directory {
            try walk(resolved, target: .root, into: &entries)
        } else {
            entries.append(try entry(resolved, target: .root, status: status))
        }
        return CopySource(path: path, isDirectory: status.kind == .directory, entries: entries)
    }

    private func walk(_ folder: RootPath, target: RootPath, into entries: inout [CopyEntry]) throws {
        let handle = try tree.open(folder, [.read, .directory])
        for name in try handle.entries().map(\.name).sorted() {
            let path = folder.appending(name.bytes)
            let isHidden = tree.filter.hides(path)
            guard !isHidden || tree.filter.mayShowBelow(path) else { continue }
            let status = try handle.status(of: name)
            let below = target.appending(name.bytes)
            if status.kind == .directory {
                let place = entries.count
                entries.append(CopyEntry(source: path, target: below, status: status))
                try walk(path, target: below, into: &entries)
                // A hidden directory is only there for what is shown below it.
                if isHidden, entries.count == place + 1 { entries.removeLast() }
            } else if !isHidden, status.kind != .socket {
                let link = status.kind == .symlink ? try handle.readLink(name).bytes : nil
                entries.append(CopyEntry(source: path, target: below, status: status, linkTarget: link))
            }
        }
    }

    private func entry(_ path: RootPath, target: RootPath, status: FileStatus) throws -> CopyEntry {
        CopyEntry(source: path, target: target, status: status)
    }
}
