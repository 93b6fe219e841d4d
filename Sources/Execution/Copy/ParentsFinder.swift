internal import DockerfileFrontend
internal import FileSystem

/// Finds what the sources of `COPY --parents` name: paths that are kept below the destination, from the pivot `/./` on.
struct ParentsFinder {
    let tree: SourceTree
    /// `--exclude`, relative to the pivot.
    var excludes = PathFilter.none

    func sources(_ texts: [String]) throws -> [CopySource] {
        try texts.flatMap { try sources($0) }
    }

    private func sources(_ text: String) throws -> [CopySource] {
        let source = ParentsPath(text)
        let finder = SourceFinder(tree: tree, excludes: excludes)
        return try finder.places(source.folder).compactMap { place in
            let entries =
                try source.isRequired
                ? named(RootPath(source.pattern), below: place.resolved, text)
                : matches(of: source.matcher(), below: place.resolved)
            // A pattern that matches nothing makes nothing, not even the destination.
            if entries.isEmpty, !source.isRequired { return nil }
            return CopySource(origin: .tree(tree), path: place.path, isDirectory: true, entries: entries)
        }
    }

    /// All that a pattern matches, `**` for any number of directories, with what is below; links are not followed.
    private func matches(of pattern: PathMatcher, below pivot: RootPath) throws -> [CopyEntry] {
        let walk = CopyWalk(tree: tree, unwanted: [.only(pattern), excludes])
        return try walk.contents(of: walk.place(pivot))
    }

    /// A path without a pattern must be there. Links on the way are followed, one at its end is not.
    private func named(_ path: RootPath, below pivot: RootPath, _ text: String) throws -> [CopyEntry] {
        let walk = CopyWalk(tree: tree, unwanted: [excludes])
        var place = walk.place(pivot)
        var entries: [CopyEntry] = []
        for (index, name) in path.names.enumerated() {
            let isLast = index == path.names.count - 1
            guard let found = try tree.resolve(place.path.appending(name), followsLast: !isLast) else {
                throw try SourceFinder(tree: tree).missing(pivot.appending(path), text)
            }
            place = place.entering(name)
            place.path = found
            place.hidden = tree.filter.position(at: found)
            let entry = try entry(place, isParent: !isLast)
            entries.append(entry)
        }
        if entries.last?.status.kind ?? .directory == .directory { entries += try walk.contents(of: place) }
        return Self.wanted(entries, isUnwanted: place.isUnwanted, parents: path.names.count)
    }

    private func entry(_ place: CopyWalk.Place, isParent: Bool) throws -> CopyEntry {
        let file = try tree.open(place.path, [.pathOnly, .noFollow])
        let status = try file.status()
        return CopyEntry(
            source: place.path, target: place.target, status: status,
            linkTarget: status.kind == .symlink ? try file.readLink("").bytes : nil, isParent: isParent)
    }

    /// Of something that is excluded there remains what is taken in again below it.
    private static func wanted(_ entries: [CopyEntry], isUnwanted: Bool, parents: Int) -> [CopyEntry] {
        guard isUnwanted else { return entries }
        guard entries.count > parents else { return [] }
        var entries = entries
        entries[parents - 1].isParent = true
        return entries
    }
}
