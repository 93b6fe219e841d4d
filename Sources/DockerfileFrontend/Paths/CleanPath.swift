/// Lexical cleaning of paths, as Go's `path.Clean` does it.
public enum CleanPath {
    /// The components below the root: without `.`, with `..` worked off and clamped to the root.
    public static func components(of path: String) -> [String] {
        var result: [String] = []
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            switch String(Substring(part)) {
            case ".": continue
            case "..": _ = result.popLast()
            case let name: result.append(name)
            }
        }
        return result
    }

    /// The path cleaned: a relative one keeps leading `..`, an absolute one is clamped; `.` if nothing is left.
    public static func clean(_ path: String) -> String {
        if path.utf8.first == UInt8(ascii: "/") { return "/" + components(of: path).joined(separator: "/") }
        var result: [String] = []
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            switch String(Substring(part)) {
            case ".": continue
            case "..":
                if result.last.map({ $0 != ".." }) == true { result.removeLast() } else { result.append("..") }
            case let name: result.append(name)
            }
        }
        return result.isEmpty ? "." : result.joined(separator: "/")
    }
}
