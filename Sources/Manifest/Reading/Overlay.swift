/// Lays maps over each other: maps merge, lists and texts replace, `key+` appends.
struct Overlay {
    /// Values that may still be looked at.
    private var valuesLeft: Int

    init(limit: Int) {
        valuesLeft = limit
    }

    /// Whether the results so far are whole.
    var isExhausted: Bool { valuesLeft < 0 }

    /// `upper` over `lower`; the order is that of `lower`, then what is new.
    mutating func merge(_ upper: [YAMLEntry], over lower: [YAMLEntry]) -> [YAMLEntry] {
        valuesLeft -= lower.count + upper.count
        guard !isExhausted else { return [] }
        var result = lower
        var places = Dictionary(lower.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
        for entry in upper {
            var added = entry
            if let list = entry.value.sequence, entry.key.hasSuffix("+") {
                added.key.removeLast()
                added.value.content = .sequence(places[added.key].map { Self.list(result[$0].value) + list } ?? list)
            } else if let map = entry.value.mapping {
                let under = places[entry.key].flatMap { result[$0].value.mapping } ?? []
                added.value.content = .mapping(merge(map, over: under))
            }
            if let place = places[added.key] {
                result[place] = added
            } else {
                places[added.key] = result.count
                result.append(added)
            }
        }
        return result
    }

    /// A layer of an image: as `merge`, and a Dockerfile replaces an inherited one in either form.
    mutating func mergeImage(_ upper: [YAMLEntry], over lower: [YAMLEntry]) -> [YAMLEntry] {
        let sources = ["dockerfile", "inline"]
        let isReplaced = upper.contains { sources.contains($0.key) }
        let own = upper.filter { !$0.key.hasPrefix("x-") && $0.key != "extends" }
        return merge(own, over: isReplaced ? lower.filter { !sources.contains($0.key) } : lower)
    }

    /// Takes the values of an image from what is left, once for each combination of its matrix; false if they are too many.
    mutating func spend(_ entries: [YAMLEntry], times: Int) -> Bool {
        var count = 0
        for entry in entries where !["matrix", "exclude"].contains(entry.key) {
            Self.count(entry.value, into: &count, most: valuesLeft)
        }
        valuesLeft -= count.multipliedReportingOverflow(by: times).partialValue
        return !isExhausted
    }

    private static func count(_ node: YAMLNode, into count: inout Int, most: Int) {
        count += 1
        guard count <= most else { return }
        for node in node.sequence ?? [] { Self.count(node, into: &count, most: most) }
        for entry in node.mapping ?? [] { Self.count(entry.value, into: &count, most: most) }
    }

    private static func list(_ node: YAMLNode) -> [YAMLNode] {
        node.sequence ?? [node]
    }
}
