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

    /// The components joined: the path relative to the root. One that is clean already costs no more than a look.
    static func relative(_ path: String) -> String {
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        var previous = slash
        let isClean = path.utf8.allSatisfy { byte in
            defer { previous = byte }
            return previous != slash || (byte != slash && byte != dot)
        }
        return isClean && previous != slash ? path : components(of: path).joined(separator: "/")
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
