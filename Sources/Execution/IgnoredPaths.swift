internal import DockerfileFrontend
internal import FileSystem
internal import SystemPackage

/// Paths of which nothing that a step does is kept: what is below them then is what it was before the step.
struct IgnoredPaths {
    private let patterns: [[FilePattern]]

    /// Throws for a pattern that is none.
    init(_ paths: [String]) throws {
        patterns = try paths.map { try FilePattern.components(of: $0) }.filter { !$0.isEmpty }
    }

    /// Removes them from an upper directory: changes and deletions alike.
    func remove(from upper: FilePath) throws {
        guard !patterns.isEmpty else { return }
        let root = try OpenFile.open(upper.string, [.read, .directory])
        for pattern in patterns { try Self.remove(pattern[...], in: root) }
    }

    private static func remove(_ pattern: ArraySlice<FilePattern>, in folder: OpenFile) throws {
        guard let first = pattern.first else { return }
        for entry in try folder.entries() where first.matches(entry.name.bytes) {
            if pattern.count == 1 {
                try folder.removeTree(entry.name)
            } else if try folder.status(of: entry.name).kind == .directory {
                try remove(pattern.dropFirst(), in: folder.open(entry.name, [.read, .directory, .noFollow]))
            }
        }
    }
}
