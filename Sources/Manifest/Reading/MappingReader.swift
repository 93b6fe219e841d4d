import SystemPackage

/// Typed access to a map whose structure was checked: what has the wrong kind reads as missing, for it was reported.
struct MappingReader {
    let entries: [YAMLEntry]
    let expander: Expander

    private var log: DiagnosticLog { expander.values.log }

    func node(_ key: String) -> YAMLNode? { entries[key] }

    func flag(_ key: String) -> Bool? { node(key)?.flag }

    func list(_ key: String) -> [YAMLNode] {
        node(key)?.sequence ?? []
    }

    func map(_ key: String) -> [YAMLEntry] { node(key)?.mapping ?? [] }

    func object(_ key: String) -> MappingReader { MappingReader(entries: map(key), expander: expander) }

    func text(_ key: String, _ rule: TextRule = .some) -> Marked<String>? {
        node(key).flatMap { text($0, rule) }
    }

    /// The expanded text, if the rule accepts it.
    func text(_ node: YAMLNode, _ rule: TextRule = .some) -> Marked<String>? {
        guard let text = expander.text(node) else { return nil }
        if let fault = rule.fault(text) {
            log.add(at: node.mark, fault.message, hint: fault.hint)
            return nil
        }
        return Marked(text, at: node.mark)
    }

    /// A path, made absolute from the folder of the file that states it.
    func path(_ key: String) -> Marked<FilePath>? {
        node(key).flatMap { path($0, text($0)?.value) }
    }

    func path(_ node: YAMLNode, _ text: String?) -> Marked<FilePath>? {
        guard let text, !text.isEmpty else { return nil }
        return Marked(node.mark.source.folder.pushing(FilePath(text)).lexicallyNormalized(), at: node.mark)
    }

    func word<Word: RawRepresentable & CaseIterable & Hashable>(
        _ key: String, _ rule: TextRule, as type: Word.Type
    ) -> Marked<Word>? where Word.RawValue == String {
        guard let text = text(key, rule), let word = Word(rawValue: text.value) else { return nil }
        return Marked(word, at: text.mark)
    }

    /// Values of a map of texts; `${base.…}` stays.
    func texts(_ key: String) -> [String: String] {
        var result: [String: String] = [:]
        for entry in map(key) { result[entry.key] = expander.text(entry.value, keepsBase: true) }
        return result
    }
}
