/// Looks names up among the named contexts of a build.
struct NamedContexts {
    private let keys: Set<String>
    private let folders: Set<String>
    private let platform: String

    init(_ keys: Set<String>, folders: Set<String>, _ platform: PlatformValues) {
        self.keys = keys
        self.folders = folders
        self.platform = platform.text
    }

    /// The key that stands for a stage or image name; one for the target platform is preferred. The names of the main
    /// context and of the empty image cannot be taken.
    func key(for name: String) -> String? {
        guard !keys.isEmpty, !["context", "scratch"].contains(name.lowercased()) else { return nil }
        for name in [name, Self.familiar(name)] {
            if keys.contains("\(name)::\(platform)") { return "\(name)::\(platform)" }
            if keys.contains(name) { return name }
        }
        return nil
    }

    /// Whether a key stands for files, not for an image.
    func isFolder(_ key: String) -> Bool { folders.contains(key) }

    /// `docker.io/library/debian:latest` is `debian`.
    private static func familiar(_ name: String) -> String {
        var name = name[...]
        for prefix in ["docker.io/", "library/"] where name.hasPrefix(prefix) { name = name.dropFirst(prefix.count) }
        if name.hasSuffix(":latest") { name = name.dropLast(":latest".count) }
        return String(name)
    }
}
