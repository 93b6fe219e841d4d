internal import DockerfileFrontend

/// Hides paths of a tree: an ignore file, or the patterns of an instruction.
struct PathFilter: Sendable {
    /// Nil hides nothing.
    private let file: IgnoreFile?

    static let none = PathFilter(nil)

    init(_ file: IgnoreFile?) {
        self.file = file
    }

    /// Hides what `--exclude` names.
    init(excluding patterns: [String]) throws {
        file = patterns.isEmpty ? nil : try IgnoreFile(parsing: patterns.joined(separator: "\n"))
    }

    /// Hides all but what matches a pattern, and what is below that.
    init(only pattern: String) throws {
        file = try IgnoreFile(parsing: "**\n!\(pattern)")
    }

    func position(at path: RootPath) -> FilterPosition {
        path.names.reduce(FilterPosition(file?.root)) { $0.entering($1) }
    }
}

/// Where a walk stands in a filter.
struct FilterPosition {
    private let position: IgnorePosition?

    init(_ position: IgnorePosition?) {
        self.position = position
    }

    func entering(_ name: [UInt8]) -> FilterPosition {
        position == nil ? self : FilterPosition(position?.entering(name))
    }

    /// Whether the path is as if it did not exist.
    var isHidden: Bool { position?.isExcluded ?? false }

    /// Whether something below a directory may be visible.
    var mayShowBelow: Bool { position?.mustWalk ?? true }
}
