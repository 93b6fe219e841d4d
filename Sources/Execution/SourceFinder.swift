internal import DockerfileFrontend
internal import FileSystem

/// Finds what the sources of a COPY or ADD name: paths, or patterns over the names in a tree.
struct SourceFinder {
    let tree: SourceTree

    /// A path that is not there throws; a pattern that matches nothing gives nothing.
    func sources(_ texts: [String]) throws -> [CopySource] {
        try texts.flatMap { try sources($0) }
    }

    private func sources(_ text: String) throws -> [CopySource] {
        let path = RootPath(text)
        guard path.names.contains(where: FilePattern.hasWildcards) else {
            guard let resolved = try tree.resolve(path) else { throw try missing(path, text) }
            return [try CopyWalk(tree: tree).source(path, resolved: resolved)]
        }
        return try matches(path).map { path, resolved in
            try CopyWalk(tree: tree).source(path, resolved: resolved)
        }
    }

    /// A hidden file is missing, but says why.
    private func missing(_ path: RootPath, _ text: String) throws -> ExecutionError {
        let all = SourceTree(root: tree.root, filter: NoFilter(), keepsMetadata: tree.keepsMetadata)
        let shown = text.hasPrefix("/") ? text : "/\(text)"
        return try all.resolve(path) == nil ? .sourceNotFound(shown) : .sourceIgnored(shown, pattern: nil)
    }

    /// Matches component by component, sorted; what matched is not entered further.
    private func matches(_ path: RootPath) throws -> [(RootPath, RootPath)] {
        var found: [(path: RootPath, resolved: RootPath)] = [(.root, .root)]
        for name in path.names {
            found = try found.flatMap { place in
                FilePattern.hasWildcards(name)
                    ? try children(of: place, matching: name)
                    : try child(of: place, named: FilePattern.unescaped(name)).map { [$0] } ?? []
            }
        }
        return found.filter { !tree.filter.hides($0.resolved) || tree.filter.mayShowBelow($0.resolved) }
    }

    private func child(
        of place: (path: RootPath, resolved: RootPath), named name: [UInt8]
    ) throws -> (RootPath, RootPath)? {
        let path = place.resolved.appending(name)
        return try resolveVisible(path).map { (place.path.appending(name), $0) }
    }

    private func children(
        of place: (path: RootPath, resolved: RootPath), matching name: [UInt8]
    ) throws -> [(RootPath, RootPath)] {
        guard try tree.status(place.resolved).kind == .directory else { return [] }
        let pattern = try FilePattern(String(decoding: name, as: UTF8.self))
        return try tree.entries(of: place.resolved).compactMap { entry in
            guard pattern.matches(entry.name.description) else { return nil }
            let resolved = try resolveVisible(place.resolved.appending(entry.name.bytes))
            return resolved.map { (place.path.appending(entry.name.bytes), $0) }
        }
    }

    private func resolveVisible(_ path: RootPath) throws -> RootPath? {
        guard !tree.filter.hides(path) || tree.filter.mayShowBelow(path) else { return nil }
        return try tree.resolve(path)
    }
}
