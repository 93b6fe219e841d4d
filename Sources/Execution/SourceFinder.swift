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
        guard FilePattern.hasWildcards(text) else {
            let path = RootPath(text)
            guard let resolved = try tree.resolve(path) else { throw try missing(path, text) }
            return [try CopyWalk(tree: tree).source(path, resolved: resolved)]
        }
        return try matches(FilePattern.components(of: text)).map { place in
            try CopyWalk(tree: tree).source(place.path, resolved: place.resolved)
        }
    }

    /// A hidden file is missing, but says why.
    private func missing(_ path: RootPath, _ text: String) throws -> ExecutionError {
        let all = SourceTree(root: tree.root, filter: NoFilter(), keepsMetadata: tree.keepsMetadata)
        let shown = text.hasPrefix("/") ? text : "/\(text)"
        return try all.resolve(path) == nil ? .sourceNotFound(shown) : .sourceIgnored(shown)
    }

    /// A path that matched: as it is named, and with its links followed.
    private struct Place {
        var path = RootPath.root
        var resolved = RootPath.root
    }

    /// Matches component by component, sorted; what matched is not entered further.
    private func matches(_ patterns: [FilePattern]) throws -> [Place] {
        var places = [Place()]
        for pattern in patterns { places = try places.flatMap { try children(of: $0, matching: pattern) } }
        return places
    }

    private func children(of place: Place, matching pattern: FilePattern) throws -> [Place] {
        guard try tree.status(place.resolved).kind == .directory else { return [] }
        let names = try pattern.literal.map { [$0] } ?? tree.entries(of: place.resolved).map(\.name.bytes)
        return try names.filter(pattern.matches).compactMap { name in
            let path = place.resolved.appending(name)
            guard !tree.filter.hides(path) || tree.filter.mayShowBelow(path) else { return nil }
            return try tree.resolve(path).map { Place(path: place.path.appending(name), resolved: $0) }
        }
    }
}
