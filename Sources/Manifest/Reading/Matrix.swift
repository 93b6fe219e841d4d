/// The combinations of a matrix.
struct Matrix {
    /// Each with the values in the order of the keys; one empty combination without a matrix.
    private(set) var combinations: [[MatrixValue]] = [[]]

    /// - Parameter most: combinations allowed; more are an error at `mark`.
    init(_ fields: MappingReader, image: YAMLEntry, most: Int, log: DiagnosticLog) {
        guard let node = fields.node("matrix"), node.mapping != nil else { return }
        let axes = fields.map("matrix").map { ($0, values(of: $0, fields, log)) }
        var count = 1
        for (entry, values) in axes {
            if fields.expander.values.variables[entry.key] != nil {
                log.add(at: entry.mark, "the matrix key \"\(entry.key)\" hides the variable of that name")
            }
            if values.isEmpty { log.add(at: entry.mark, "\"\(entry.key)\" has no values") }
            count = min(count * values.count, most + 1)
        }
        guard count <= most else {
            combinations = []
            log.add(at: node.mark, "the matrix has too many combinations: a manifest has at most \(most) images")
            return
        }
        combinations = axes.reduce([[]]) { partial, axis in
            partial.flatMap { left in axis.1.map { left + [MatrixValue(key: axis.0.key, value: $0)] } }
        }
        exclude(fields, axes.map { ($0.key, $1) }, log)
        if combinations.isEmpty, count > 0 {
            log.add(at: image.mark, "\"exclude\" leaves no combination of \"\(image.key)\"")
        }
    }

    private func values(of entry: YAMLEntry, _ fields: MappingReader, _ log: DiagnosticLog) -> [String] {
        var seen: Set<String> = []
        return (entry.value.sequence ?? []).compactMap { node in
            guard let text = fields.expander.text(node) else { return nil }
            guard seen.insert(text).inserted else {
                log.add(at: node.mark, "\"\(text)\" is twice in \"\(entry.key)\"")
                return nil
            }
            return text
        }
    }

    private mutating func exclude(
        _ fields: MappingReader, _ axes: [(key: String, values: [String])], _ log: DiagnosticLog
    ) {
        for node in fields.list("exclude") {
            guard let entries = node.mapping, !entries.isEmpty else { continue }
            var excluded: [MatrixValue] = []
            for entry in entries {
                guard let axis = axes.first(where: { $0.key == entry.key }) else {
                    log.add(
                        at: entry.mark, "the matrix has no key \"\(entry.key)\"",
                        hint: Suggestion.hint(for: entry.key, among: axes.map(\.key)))
                    continue
                }
                guard let value = fields.expander.text(entry.value) else { continue }
                if !axis.values.contains(value) {
                    log.add(
                        at: entry.value.mark, "\"\(value)\" is no value of \"\(entry.key)\" in the matrix",
                        hint: Suggestion.hint(for: value, among: axis.values))
                }
                excluded.append(MatrixValue(key: entry.key, value: value))
            }
            guard excluded.count == entries.count else { continue }
            combinations.removeAll { combination in excluded.allSatisfy(combination.contains) }
        }
    }

    /// `python` and `3.10`, `slim` make `python-3.10-slim`: values in lower case, what a name cannot hold as `-`.
    static func name(_ base: String, _ combination: [MatrixValue]) -> String {
        ([base] + combination.map { part(of: $0.value) }).filter { !$0.isEmpty }.joined(separator: "-")
    }

    private static func part(of value: String) -> String {
        var result: [UInt8] = []
        for byte in value.lowercased().utf8 {
            let isWord = (48...57).contains(byte) || (97...122).contains(byte)
            let isSeparator = result.last.map { ".-_".utf8.contains($0) } ?? true
            if isWord {
                result.append(byte)
            } else if !isSeparator {
                result.append("._".utf8.contains(byte) ? byte : UInt8(ascii: "-"))
            }
        }
        if let last = result.last, ".-_".utf8.contains(last) { result.removeLast() }
        return String(decoding: result, as: UTF8.self)
    }
}
