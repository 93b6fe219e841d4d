/// The name of an image: registry, repository, and a tag, a digest, or both.
///
/// Grammar: https://github.com/distribution/reference/blob/v0.6.0/reference.go. As Docker does, a first component
/// without `.`, `:` and not `localhost` belongs to the repository, and Docker Hub's `library/` is put before a bare name.
public struct ImageReference: Hashable, Sendable {
    /// Host and optional port.
    public let registry: String
    /// Path below the registry, without leading slash.
    public let repository: String
    public let tag: String?
    public let digest: Digest?

    public static let dockerHub = "docker.io"

    /// Parses a reference; without tag and digest the tag is `latest`.
    public init(_ text: String) throws(OCIError) {
        var rest = Substring(text)
        var digest: Digest?
        if let at = rest.firstIndex(of: "@") {
            digest = try Digest(String(rest[rest.index(after: at)...]))
            rest = rest[..<at]
        }
        let (name, tag) = Self.splitTag(rest)
        if let tag, !Self.isTag(tag) {
            throw .invalidReference(text, reason: "\"\(tag)\" is no tag: [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
        }
        let (registry, repository) = Self.splitRegistry(name)
        if let reason = Self.fault(registry: registry, repository: repository) {
            throw .invalidReference(text, reason: reason)
        }
        self.init(
            registry: registry, repository: repository, tag: tag.map(String.init) ?? (digest == nil ? "latest" : nil),
            digest: digest)
    }

    private init(registry: String, repository: String, tag: String?, digest: Digest?) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }

    /// The same repository with another tag and no digest; throws if the tag is not one.
    public func tagged(_ tag: String) throws(OCIError) -> ImageReference {
        guard Self.isTag(Substring(tag)) else { throw .invalidReference(tag, reason: "it is no tag") }
        return ImageReference(registry: registry, repository: repository, tag: tag, digest: nil)
    }

    /// The same repository, pinned to a digest, without a tag.
    public func pinned(to digest: Digest) -> ImageReference {
        ImageReference(registry: registry, repository: repository, tag: nil, digest: digest)
    }

    /// Whether the registry is on a loopback address: such registries speak HTTP unless told otherwise.
    public var isOnLoopback: Bool {
        let host = registry.hasPrefix("[") ? registry.prefix { $0 != "]" }.dropFirst() : registry.prefix { $0 != ":" }
        return host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || Self.isLoopbackIPv4(host)
    }

    private static func isLoopbackIPv4(_ host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether the text is a valid tag: a letter, digit or `_`, then at most 127 of those, `.` and `-`.
    public static func isTag(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        func isWord(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
        }
        return isWord(first) && text.utf8.allSatisfy { isWord($0) || $0 == 45 || $0 == 46 }
    }
}

extension ImageReference {
    private static func splitTag(_ text: Substring) -> (Substring, Substring?) {
        guard let colon = text.lastIndex(of: ":"), !text[colon...].contains("/") else { return (text, nil) }
        return (text[..<colon], text[text.index(after: colon)...])
    }

    private static func splitRegistry(_ name: Substring) -> (String, String) {
        guard let slash = name.firstIndex(of: "/") else { return (dockerHub, "library/\(name)") }
        let first = name[..<slash]
        let rest = String(name[name.index(after: slash)...])
        if first == "index.docker.io" || first == dockerHub {
            return (dockerHub, rest.contains("/") ? rest : "library/\(rest)")
        }
        guard first.contains(".") || first.contains(":") || first == "localhost" || first.lowercased() != first else {
            return (dockerHub, String(name))
        }
        return (String(first), rest)
    }

    private static func fault(registry: String, repository: String) -> String? {
        guard !repository.isEmpty, repository != "library/" else { return "it has no repository" }
        guard repository.lowercased() == repository else { return "the repository must be lower case" }
        guard repository.utf8.count <= 255 else { return "the repository is longer than 255 characters" }
        for part in repository.split(separator: "/", omittingEmptySubsequences: false) where !isPathComponent(part) {
            return "\"\(part)\" is no path component: [a-z0-9]+ joined by ., _, __ or -"
        }
        return isHost(registry) ? nil : "\"\(registry)\" is no host[:port]"
    }

    /// `[a-z0-9]+(([.]|_|__|[-]+)[a-z0-9]+)*`
    private static func isPathComponent(_ text: Substring) -> Bool {
        var separator = ""
        var isAfterWord = false
        for character in text {
            if character.isASCII, character.isNumber || character.isLetter {
                guard separator.isEmpty || (isAfterWord && isSeparator(separator)) else { return false }
                separator = ""
                isAfterWord = true
            } else {
                separator.append(character)
            }
        }
        return isAfterWord && separator.isEmpty
    }

    private static func isSeparator(_ text: String) -> Bool {
        text == "." || text == "_" || text == "__" || text.allSatisfy { $0 == "-" }
    }

    private static func isHost(_ text: String) -> Bool {
        var host = Substring(text)
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            guard let port = Int(host[host.index(after: colon)...]), (1...65535).contains(port) else { return false }
            host = host[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" }
        }
        return !host.isEmpty
            && host.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45
                    || byte == 46
            }
    }
}

extension ImageReference: CustomStringConvertible {
    /// The whole reference, registry included; it parses to an equal value.
    public var description: String { name + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }

    /// Registry and repository.
    public var name: String { "\(registry)/\(repository)" }

    /// As Docker shows it: without `docker.io/library/`.
    public var familiar: String {
        let prefix = "\(Self.dockerHub)/"
        guard description.hasPrefix(prefix) else { return description }
        let rest = description.dropFirst(prefix.count)
        return String(rest.hasPrefix("library/") ? rest.dropFirst("library/".count) : rest)
    }
}

extension ImageReference: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
