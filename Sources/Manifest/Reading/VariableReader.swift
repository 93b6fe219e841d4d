/// Finds the values of `vars`: `--var`, then the environment, then the default.
struct VariableReader {
    let values: ManifestValues
    let given: [String: String]
    let environment: [String: String]

    private var log: DiagnosticLog { values.log }

    /// In the order of the files: a default may use the variables above it.
    func read(_ files: [LoadedFile]) {
        var places: [String: SourceMark] = [:]
        for entry in files.flatMap({ $0.entries["vars"]?.mapping ?? [] }) {
            if let first = places[entry.key] {
                log.add(at: entry.mark, "the variable \"\(entry.key)\" is here twice", hint: "first at \(first)")
                continue
            }
            places[entry.key] = entry.mark
            if let value = value(of: entry) {
                values.variables[entry.key] = value
            } else {
                values.brokenVariables.insert(entry.key)
            }
        }
        for name in given.keys.sorted() where places[name] == nil {
            log.add(
                at: nil, "--var \(name): the manifest has no variable of that name",
                hint: Suggestion.hint(for: name, among: places.keys.sorted()))
        }
    }

    private func value(of entry: YAMLEntry) -> String? {
        let fields = MappingReader(
            entries: entry.value.mapping ?? [YAMLEntry(key: "default", mark: entry.value.mark, value: entry.value)],
            expander: Expander(values: values))
        let allowed = fields.list("enum").compactMap(\.text)
        if let value = given[entry.key] { return checked(value, "--var \(entry.key)", allowed, entry.mark) }
        if let name = fields.node("env")?.text, let value = environment[name] {
            return checked(value, "the environment's \(name)", allowed, entry.mark)
        }
        guard let node = fields.node("default") else {
            let source = fields.node("env")?.text.map { ", or set \($0)" } ?? ""
            log.add(
                at: entry.mark, "the variable \"\(entry.key)\" has no value", hint: "give --var \(entry.key)=…\(source)"
            )
            return nil
        }
        guard let value = fields.expander.text(node) else { return nil }
        return checked(value, "the default", allowed, node.mark)
    }

    private func checked(_ value: String, _ origin: String, _ allowed: [String], _ mark: SourceMark) -> String? {
        guard !allowed.isEmpty, !allowed.contains(value) else { return value }
        log.add(
            at: mark, "\(origin) is \"\(value.prefix(80))\": allowed is \(allowed.joined(separator: ", "))",
            hint: Suggestion.hint(for: value, among: allowed))
        return nil
    }
}
