extension GlobalScope {
    /// Base and platform of a FROM line, expanded.
    public struct From: Hashable, Sendable {
        public let base: String
        /// Not checked; nil is the target platform.
        public let platform: String?
        public let warnings: [DockerfileWarning]
    }

    /// Expands a FROM line; an empty base or platform is an error.
    public func expandedFrom(of stage: Stage) throws(DockerfileError) -> From {
        let base = try expand(stage.base, lines: stage.lines)
        guard !base.text.isEmpty else { throw DockerfileError(.blankBase(stage.base), lines: stage.lines) }
        var warnings = undeclared(base.undefined, stage)
        guard let word = stage.platform else { return From(base: base.text, platform: nil, warnings: warnings) }
        let platform = try expand(word, lines: stage.lines)
        warnings += undeclared(platform.undefined, stage) + platformWarnings(of: stage, word, platform)
        guard !platform.text.isEmpty else {
            let hint = platform.undefined.lazy.compactMap { Suggestion.nearest(to: $0, in: knownNames) }.first
            throw DockerfileError(.emptyPlatform(word, suggestion: hint), lines: stage.lines)
        }
        return From(base: base.text, platform: platform.text, warnings: warnings)
    }

    private var knownNames: [String] { Set(values.keys).union(declared).sorted() }

    /// An argument without a value is declared nevertheless.
    private func undeclared(_ names: [String], _ stage: Stage) -> [DockerfileWarning] {
        let names = names.filter { !declared.contains($0) }.prefix(100)
        guard !names.isEmpty else { return [] }
        let known = knownNames.prefix(1000)
        return names.map { name in
            let hint = Suggestion.hint(Suggestion.nearest(to: name, in: known))
            return DockerfileWarning(.undefinedArgInFrom, "FROM argument '\(name)' is not declared" + hint, at: stage)
        }
    }

    private func platformWarnings(of stage: Stage, _ word: String, _ platform: Expansion) -> [DockerfileWarning] {
        let used = usedNames(in: word)
        if used == ["TARGETPLATFORM"], platform.undefined.isEmpty, platform.text == self["TARGETPLATFORM"] {
            let message =
                "Setting platform to predefined \(word) in FROM is redundant as this is the default behavior"
            return [DockerfileWarning(.redundantTargetPlatform, message, at: stage)]
        }
        guard used.isEmpty, let names = PlatformValues.names(in: platform.text) else { return [] }
        // A stage that says what it is for may be for it alone.
        let label = stage.name ?? ""
        if names.contains(where: label.contains) { return [] }
        let message = "FROM --platform flag should not use constant value \(platform.text.quoted)"
        return [DockerfileWarning(.fromPlatformFlagConstDisallowed, message, at: stage)]
    }

    private func usedNames(in word: String) -> Set<String> {
        var names: Set<String> = []
        _ = try? expander.expand(word) { name in
            names.insert(name)
            return values[name]
        }
        return names
    }
}

extension PlatformValues {
    private static let systems: Set<String> = [
        "linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "wasip1", "js", "solaris", "illumos", "aix",
        "android", "dragonfly", "plan9", "zos",
    ]
    private static let aliases = [
        "x86_64": "amd64", "x86-64": "amd64", "i386": "386", "aarch64": "arm64", "armhf": "arm", "armel": "arm",
    ]

    /// System and architecture that a platform's text names, an alias replaced; nil if it has no such form.
    static func names(in text: String) -> [String]? {
        let parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), !parts.contains("") else { return nil }
        if parts.count == 1 { return systems.contains(parts[0]) ? parts : ["linux", aliases[parts[0]] ?? parts[0]] }
        return [parts[0], aliases[parts[1]] ?? parts[1]]
    }
}
