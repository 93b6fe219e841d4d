/// Makes lists of full names of `groups`.
struct GroupResolver {
    private let images: [ImageSpec]
    private let byName: [String: [String]]
    private let log: DiagnosticLog
    private var matchesLeft: Int
    private var groups: [String: YAMLEntry] = [:]
    private var results: [String: Set<String>] = [:]

    init(images: [ImageSpec], limits: YAMLLimits, log: DiagnosticLog) {
        self.images = images
        matchesLeft = limits.matches
        byName = images.reduce(into: [:]) { result, image in
            for name in Set([image.name, image.base]) { result[name, default: []].append(image.name) }
        }
        self.log = log
    }

    mutating func resolve(_ files: [LoadedFile]) -> [String: [String]] {
        let entries = files.flatMap { $0.entries["groups"]?.mapping ?? [] }
        for entry in entries {
            if let first = groups.updateValue(entry, forKey: entry.key) {
                log.add(at: entry.mark, "the group \"\(entry.key)\" is here twice", hint: "first at \(first.mark)")
            }
        }
        for entry in entries { _ = members(of: entry, chain: [entry.key]) }
        return results.mapValues { names in images.map(\.name).filter(names.contains) }
    }

    private mutating func members(of group: YAMLEntry, chain: [String]) -> Set<String> {
        if let known = results[group.key] { return known }
        var names: Set<String> = []
        for node in group.value.sequence ?? [] {
            guard let text = node.text, !text.isEmpty else { continue }
            if text.hasPrefix("group:") {
                names.formUnion(nested(String(text.dropFirst("group:".count)), node.mark, chain))
            } else {
                names.formUnion(matches(of: text, node.mark))
            }
        }
        results[group.key] = names
        return names
    }

    private mutating func nested(_ name: String, _ mark: SourceMark, _ chain: [String]) -> Set<String> {
        guard let group = groups[name] else {
            log.add(
                at: mark, "there is no group \"\(name)\"", hint: Suggestion.hint(for: name, among: groups.keys.sorted())
            )
            return []
        }
        guard !chain.contains(name), chain.count < 64 else {
            log.add(at: mark, "groups hold each other: \((chain + [name]).joined(separator: " → "))")
            return []
        }
        return members(of: group, chain: chain + [name])
    }

    private mutating func matches(of text: String, _ mark: SourceMark) -> [String] {
        let pattern = NamePattern(text)
        if pattern.hasWildcards { matchesLeft -= images.count }
        guard matchesLeft >= 0 else {
            log.add(at: mark, "the groups have too many patterns for \(images.count) images")
            return []
        }
        let found = pattern.hasWildcards ? images.filter(pattern.matches).map(\.name) : byName[text] ?? []
        if found.isEmpty {
            log.add(
                at: mark, pattern.hasWildcards ? "no image matches \"\(text)\"" : "there is no image \"\(text)\"",
                hint: Suggestion.hint(for: text, among: images.flatMap { [$0.base, $0.name] }))
        }
        return found
    }
}
