internal import FileSystem

/// Lists what a source holds.
struct CopyWalk {
    let tree: SourceTree
    /// What the instruction's patterns leave out, relative to a directory that is copied.
    var unwanted: [PathFilter] = []

    /// A place in the source, as the filters see it.
    struct Place {
        var path: RootPath
        var target: RootPath
        var hidden: FilterPosition
        var unwanted: [FilterPosition]

        func entering(_ name: [UInt8]) -> Place {
            Place(
                path: path.appending(name), target: target.appending(name), hidden: hidden.entering(name),
                unwanted: unwanted.map { $0.entering(name) })
        }

        var isUnwanted: Bool { unwanted.contains(where: \.isHidden) }
        var maySeeBelow: Bool { hidden.mayShowBelow && unwanted.allSatisfy(\.mayShowBelow) }
    }

    /// All of a source; a directory gives its contents, never itself.
    func source(_ path: RootPath, resolved: RootPath) throws -> CopySource {
        let status = try tree.status(resolved)
        guard status.kind == .directory else {
            let entry = CopyEntry(source: resolved, target: .root, status: status)
            return CopySource(origin: .tree(tree), path: path, isDirectory: false, entries: [entry])
        }
        return CopySource(
            origin: .tree(tree), path: path, isDirectory: true, entries: try contents(of: place(resolved)))
    }

    /// A directory as the place whose contents go to the destination.
    func place(_ path: RootPath) -> Place {
        Place(
            path: path, target: .root, hidden: tree.filter.position(at: path),
            unwanted: unwanted.map(\.root))
    }

    /// Everything in a directory, parents first.
    func contents(of place: Place) throws -> [CopyEntry] {
        var entries: [CopyEntry] = []
        try walk(place, into: &entries)
        return entries
    }

    private func walk(_ place: Place, into entries: inout [CopyEntry]) throws {
        // Read at once, so that no descriptor is held on the way down.
        for entry in try list(place) {
            let child = place.entering(entry.name.bytes)
            if entry.status.kind == .directory {
                try walkDirectory(child, entry.status, into: &entries)
            } else if !child.hidden.isHidden, !child.isUnwanted {
                entries.append(
                    CopyEntry(
                        source: child.path, target: child.target, status: entry.status, linkTarget: entry.linkTarget))
            }
        }
    }

    private func walkDirectory(_ place: Place, _ status: FileStatus, into entries: inout [CopyEntry]) throws {
        let isUnwanted = place.isUnwanted
        let isSeen = !isUnwanted && !place.hidden.isHidden
        guard isSeen || place.maySeeBelow else { return }
        let count = entries.count
        entries.append(
            CopyEntry(source: place.path, target: place.target, status: status, isParent: isUnwanted))
        if place.maySeeBelow { try walk(place, into: &entries) }
        // It is only there for what is seen below it.
        if !isSeen, entries.count == count + 1 { entries.removeLast() }
    }

    private struct Listed {
        var name: FileName
        var status: FileStatus
        var linkTarget: [UInt8]?
    }

    private func list(_ place: Place) throws -> [Listed] {
        let folder = try tree.open(place.path, [.read, .directory])
        return try folder.entries().map(\.name).sorted().compactMap { name in
            let status = try folder.status(of: name)
            if status.kind == .socket || status.isWhiteout { return nil }
            let link = status.kind == .symlink ? try folder.readLink(name).bytes : nil
            return Listed(name: name, status: status, linkTarget: link)
        }
    }
}
