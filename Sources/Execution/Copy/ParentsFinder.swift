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
        let (pivot, rest) = Self.split(text)
        let finder = SourceFinder(tree: tree, excludes: excludes)
        return try finder.places(pivot).map { place in
            let entries =
                try FilePattern.hasWildcards(rest)
                ? matches(of: CleanPath.components(of: rest).joined(separator: "/"), below: place.resolved)
                : named(RootPath(rest), below: place.resolved, text)
            return CopySource(origin: .tree(tree), path: place.path, isDirectory: true, entries: entries)
        }
    }

    /// What stands before the first `/./`, which is the root without one, and what stands after it.
    private static func split(_ text: String) -> (pivot: String, rest: String) {
        let bytes = Array(text.utf8)
        let mark = Array("/./".utf8)
        guard let place = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }) else { return ("/", text) }
        return (
            String(decoding: bytes[..<place], as: UTF8.self), String(decoding: bytes[(place + 3)...], as: UTF8.self)
        )
    }

    /// All that a pattern matches, `**` for any number of directories, with what is below; links are not followed.
    private func matches(of pattern: String, below pivot: RootPath) throws -> [CopyEntry] {
        let walk = CopyWalk(tree: tree, unwanted: [try PathFilter(only: pattern), excludes])
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
