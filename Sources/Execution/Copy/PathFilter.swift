internal import DockerfileFrontend

/// Hides paths of a tree: an ignore file, or the patterns of an instruction.
enum PathFilter {
    case none
    /// What an ignore file names.
    case ignoring(IgnoreFile)
    /// What patterns match.
    case excluding(PathMatcher)
    /// What patterns do not match.
    case only(PathMatcher)

    /// Hides what `--exclude` names.
    init(excluding patterns: [String]) throws {
        self = patterns.isEmpty ? .none : .excluding(try PathMatcher(patterns))
    }

    var root: FilterPosition {
        switch self {
        case .none: .none
        case .ignoring(let file): .ignoring(file.root)
        case .excluding(let matcher): .excluding(matcher.root)
        case .only(let matcher): .only(matcher.root)
        }
    }

    func position(at path: RootPath) -> FilterPosition {
        path.names.reduce(root) { $0.entering($1) }
    }
}

/// Where a walk stands in a filter.
enum FilterPosition {
    case none
    case ignoring(IgnorePosition)
    case excluding(PathPosition)
    case only(PathPosition)

    func entering(_ name: [UInt8]) -> FilterPosition {
        switch self {
        case .none: .none
        case .ignoring(let position): .ignoring(position.entering(name))
        case .excluding(let position): .excluding(position.entering(name))
        case .only(let position): .only(position.entering(name))
        }
    }

    /// Whether the path is as if it did not exist.
    var isHidden: Bool {
        switch self {
        case .none: false
        case .ignoring(let position): position.isExcluded
        case .excluding(let position): position.isMatched
        case .only(let position): !position.isMatched
        }
    }

    /// Whether something below a directory may be visible.
    var mayShowBelow: Bool {
        switch self {
        case .none: true
        case .ignoring(let position): position.mustWalk
        case .excluding(let position): position.mayMissBelow
        case .only(let position): position.mayMatchBelow
        }
    }
}
