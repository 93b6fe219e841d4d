/// One component of a COPY source, matched as Go's `filepath.Match` does: `*` `?` `[a-z]` `[^a-z]`, `\` escapes.
///
/// `*` matches leading dots; `**` is nothing special.
public struct FilePattern: Hashable, Sendable {
    private let glob: Glob?
    /// The name itself, if the component has no wildcard.
    public let literal: [UInt8]?

    private init(literal: [UInt8]) {
        glob = nil
        self.literal = literal
    }

    /// Takes a component, without slashes, that may have wildcards.
    public init(_ component: String) throws(DockerfileFault) {
        do throws(Glob.SyntaxError) {
            glob = try Glob(GlobText(decoding: component.utf8), doubleStar: false)
            literal = nil
        } catch {
            throw .invalidFilePattern(component)
        }
    }

    /// Whether a path, already expanded, has a `*`, `?` or `[` that is not escaped. Otherwise it is taken literally,
    /// backslashes and all.
    public static func hasWildcards(_ path: String) -> Bool {
        var rest = path.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\\"): _ = rest.popFirst()
            case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["): return true
            default: break
            }
        }
        return false
    }

    /// The components of a source path, cleaned and clamped to its root; none for the root itself.
    public static func components(of path: String) throws(DockerfileFault) -> [FilePattern] {
        let hasWildcards = hasWildcards(path)
        var patterns: [FilePattern] = []
        for component in CleanPath.components(of: path) {
            if hasWildcards, Self.hasWildcards(component) || component.utf8.contains(UInt8(ascii: "\\")) {
                patterns.append(try FilePattern(component))
            } else {
                patterns.append(FilePattern(literal: Array(component.utf8)))
            }
        }
        return patterns
    }

    /// Whether a file name matches; names are bytes, not necessarily UTF-8.
    public func matches(_ name: [UInt8]) -> Bool {
        guard let glob else { return literal == name }
        return glob.matches(GlobText(decoding: name))
    }
}
