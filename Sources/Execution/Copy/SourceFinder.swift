internal import DockerfileFrontend
internal import FileSystem

/// Finds what the sources of a COPY or ADD name: paths, or patterns over the names in a tree.
struct SourceFinder {
    let tree: SourceTree
    /// `--exclude`, relative to each directory that is copied.
    var excludes = PathFilter.none

    /// A path that is not there throws; a pattern that matches nothing gives nothing.
    func sources(_ texts: [String]) throws -> [CopySource] {
        try texts.flatMap { text in
            try places(text).map {
                try CopyWalk(tree: tree, unwanted: [excludes]).source($0.path, resolved: $0.resolved)
            }
        }
    }

    /// A path that was named or matched: as it is named, and with its links followed.
    struct Place {
        var path = RootPath.root
        var resolved = RootPath.root
    }

    func places(_ text: String) throws -> [Place] {
        if FilePattern.hasWildcards(text) { return try matches(FilePattern.components(of: text)) }
        let path = RootPath(text)
        guard let resolved = try tree.resolve(path) else { throw try missing(path, text) }
        return [Place(path: path, resolved: resolved)]
    }

    /// A hidden file is missing, but says why.
    func missing(_ path: RootPath, _ text: String) throws -> ExecutionError {
        let all = SourceTree(root: tree.root, keepsMetadata: tree.keepsMetadata)
        let shown = text.hasPrefix("/") ? text : "/\(text)"
        return try all.resolve(path) == nil ? .sourceNotFound(shown) : .sourceIgnored(shown)
    }

    /// Matches component by component, sorted; what matched is not entered further.
    ///
    /// Links are followed before the first wildcard and at the end, where they must lead somewhere. In between they are
    /// not entered.
    private func matches(_ patterns: [FilePattern]) throws -> [Place] {
        let firstWildcard = patterns.firstIndex { $0.literal == nil } ?? patterns.count
        return try patterns.enumerated().reduce([Place()]) { places, component in
            let isLast = component.offset == patterns.count - 1
            let followsLinks = isLast || component.offset < firstWildcard
            return try places.flatMap {
                try children(of: $0, matching: component.element, isLast: isLast, followsLinks: followsLinks)
            }
        }
    }

    private func children(
        of place: Place, matching pattern: FilePattern, isLast: Bool, followsLinks: Bool
    ) throws -> [Place] {
        guard try tree.status(place.resolved).kind == .directory else { return [] }
        let names = try pattern.literal.map { [$0] } ?? tree.names(of: place.resolved).map(\.bytes)
        let position = tree.filter.position(at: place.resolved)
        return try names.filter(pattern.matches).compactMap { name in
            let child = position.entering(name)
            guard !child.isHidden || child.mayShowBelow else { return nil }
            let path = place.resolved.appending(name)
            if let resolved = try tree.resolve(path, followsLast: followsLinks) {
                return Place(path: place.path.appending(name), resolved: resolved)
            }
            guard isLast, try tree.resolve(path, followsLast: false) != nil else { return nil }
            throw try missing(path, place.path.appending(name).description)
        }
    }
}
