/// Another registry that has the repositories of one, below a prefix or not.
public struct RegistryMirror: Hashable, Sendable {
    /// `host[:port]`
    public let registry: String
    /// Put before the repository; empty, or a path without slashes at its ends.
    public let prefix: String
    /// Whether it is to be spoken to in HTTP; nil leaves that to what is said of its host.
    public let http: Bool?

    /// Parses `HOST[:PORT][/PREFIX]`, also with `https://` or `http://` before it; nil for anything else.
    public init?(_ text: String) {
        var rest = Substring(text)
        var http: Bool?
        for (scheme, isPlain) in [("https://", false), ("http://", true)] where text.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            http = isPlain
        }
        while rest.hasSuffix("/") { rest.removeLast() }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        registry = String(rest[..<slash])
        prefix = String(rest[slash...].dropFirst())
        self.http = http
        // A name without dot, port and "localhost" would be a repository of Docker Hub.
        guard registry.contains(".") || registry.contains(":") || registry == "localhost",
            (try? ImageReference("\(registry)/\(prefix.isEmpty ? "x" : prefix)")) != nil,
            !prefix.contains(":"), !prefix.contains("@")
        else { return nil }
    }

    /// What a repository of the mirrored registry is called here; nil if the name gets too long.
    public func name(of reference: ImageReference) -> ImageReference? {
        let path = prefix.isEmpty ? reference.repository : "\(prefix)/\(reference.repository)"
        return try? ImageReference("\(registry)/\(path)")
    }
}

extension RegistryMirror: CustomStringConvertible {
    public var description: String {
        (http.map { $0 ? "http://" : "https://" } ?? "") + registry + (prefix.isEmpty ? "" : "/\(prefix)")
    }
}
