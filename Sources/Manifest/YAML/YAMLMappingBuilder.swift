/// Collects the entries of one mapping: finds duplicates and applies `<<` (https://yaml.org/type/merge.html).
struct YAMLMappingBuilder {
    let log: DiagnosticLog
    private var entries: [YAMLEntry] = []
    private var places: [String: SourceMark] = [:]
    private var merged: [YAMLEntry] = []

    init(log: DiagnosticLog) {
        self.log = log
    }

    mutating func add(_ key: YAMLNode, _ value: YAMLNode) {
        guard case .scalar(let name, let isPlain) = key.content else {
            return log.add(at: key.mark, "a key must be a text, not \(key.kind)")
        }
        if name == "<<", isPlain { return merge(value) }
        if let first = places[name] {
            return log.add(
                at: key.mark, "the key \"\(name.prefix(80))\" is here twice", hint: "first at line \(first.line)")
        }
        places[name] = key.mark
        entries.append(YAMLEntry(key: name, mark: key.mark, value: value))
    }

    /// The mapping's own keys win over merged ones, earlier merged ones over later ones.
    func finish() -> [YAMLEntry] {
        guard !merged.isEmpty else { return entries }
        var seen = Set(places.keys)
        return merged.filter { seen.insert($0.key).inserted } + entries
    }

    private mutating func merge(_ value: YAMLNode) {
        for node in value.sequence ?? [value] {
            guard let entries = node.mapping else {
                log.add(at: node.mark, "<< takes a map or a list of maps, not \(node.kind)")
                continue
            }
            merged += entries
        }
    }
}
