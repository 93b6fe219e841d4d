/// The patterns of `--exclude`, or of a source of `COPY --parents`: as in a `.dockerignore`, `**` and `!` included.
///
/// They are matched against paths relative to the source's folder. The last pattern that matches a path, or a folder
/// above it, decides; a leading `/` says nothing.
public struct PathMatcher: Hashable, Sendable {
    private let file: IgnoreFile

    /// Blank patterns say nothing.
    public init(_ patterns: [String]) throws(DockerfileFault) {
        do throws(IgnoreFileError) {
            file = try IgnoreFile(patterns: patterns)
        } catch {
            switch error {
            case .loneExclamationMark: throw .invalidFilePattern("!")
            case .invalidPattern(let text, _): throw .invalidFilePattern(text)
            }
        }
    }

    /// The source's folder, to walk down from.
    public var root: PathPosition { PathPosition(position: file.root) }

    /// Whether a path is matched.
    public func matches(_ path: String) -> Bool { file.isExcluded(path) }
}

/// A place below the folder that patterns are relative to.
public struct PathPosition: Sendable {
    fileprivate let position: IgnorePosition

    /// The entry `name`, as bytes, of this folder.
    public func entering(_ name: [UInt8]) -> PathPosition { PathPosition(position: position.entering(name)) }

    /// Whether the path is matched: left out by `--exclude`, wanted by `--parents`.
    public var isMatched: Bool { position.isExcluded }

    /// Whether something below this folder may be matched.
    public var mayMatchBelow: Bool { position.isExcluded || position.mayMatchBelow }

    /// Whether something below this folder may not be matched: it is not, or a `!` may match there.
    public var mayMissBelow: Bool { position.mustWalk }
}

/// A source of `COPY --parents`: `folder/./path`, where what stands before the pivot is not kept.
public struct ParentsPath: Hashable, Sendable {
    /// Before the pivot; it may have wildcards, which match as in any source. The root without one.
    public let folder: String
    /// Behind the pivot, cleaned, without a leading slash: a pattern that may have `**`. Empty: all that the folder has.
    public let pattern: String

    /// Takes an expanded source.
    public init(_ source: String) {
        let bytes = Array(source.utf8)
        let pivot = bytes.indices.dropLast(2).first { bytes[$0...].starts(with: "/./".utf8) }
        let before = bytes[..<(pivot ?? 0)]
        folder = before.isEmpty ? "/" : String(decoding: before, as: UTF8.self)
        let rest = pivot.map { String(decoding: bytes[($0 + 3)...], as: UTF8.self) } ?? source
        pattern = CleanPath.components(of: rest).joined(separator: "/")
    }

    /// Without a wildcard the path has to be there.
    public var isRequired: Bool { !FilePattern.hasWildcards(folder) && !FilePattern.hasWildcards(pattern) }

    /// What of the folder is wanted.
    public func matcher() throws(DockerfileFault) -> PathMatcher { try PathMatcher([pattern.isEmpty ? "**" : pattern]) }
}
