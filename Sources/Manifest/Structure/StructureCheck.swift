/// Compares a tree with its shape: kinds, keys, and all texts without `${…}`.
struct StructureCheck {
    let log: DiagnosticLog

    /// - Parameter place: what the node is, in the words of messages: `"tags"`, `image "python"`.
    func check(_ node: YAMLNode, _ shape: Shape, _ place: String) {
        switch shape {
        case .either(let shapes): check(node, choice(for: node, of: shapes), orAny: shapes, place)
        case .optional(let shape): if !node.isNull { check(node, shape, place) }
        case .text(let rule): checkText(node, rule, place)
        case .flag: checkFlag(node, place)
        case .list(let element): checkList(node, element, place)
        case .map(let keys, let values): checkMap(node, keys, values, place)
        case .object(let object): checkObject(node, object, place)
        }
    }

    private func check(_ node: YAMLNode, _ shape: Shape?, orAny shapes: [Shape], _ place: String) {
        guard let shape else {
            let kinds = shapes.map(\.kind).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            return wrongKind(node, kinds.joined(separator: " or "), place)
        }
        check(node, shape, place)
    }

    private func choice(for node: YAMLNode, of shapes: [Shape]) -> Shape? {
        let fitting = shapes.filter { $0.kind == node.kind }
        let keys = (node.mapping ?? []).map(\.key)
        let known = fitting.first { shape in
            guard case .object(let object) = shape, let required = object.required.first else { return false }
            return keys.contains(required)
        }
        return known ?? fitting.first
    }

    private func checkText(_ node: YAMLNode, _ rule: TextRule, _ place: String) {
        guard let text = node.text else { return wrongKind(node, "a text", place) }
        guard !text.contains("${"), let fault = rule.fault(text) else { return }
        log.add(at: node.mark, fault.message, hint: fault.hint)
    }

    private func checkFlag(_ node: YAMLNode, _ place: String) {
        guard node.flag == nil else { return }
        log.add(at: node.mark, "\(place) must be true or false\(node.text.map { ", not \"\($0.prefix(40))\"" } ?? "")")
    }

    private func checkList(_ node: YAMLNode, _ element: Shape, _ place: String) {
        guard let nodes = node.sequence else { return wrongKind(node, "a list", place) }
        for node in nodes { check(node, element, "an element of \(place)") }
    }

    private func checkMap(_ node: YAMLNode, _ keys: KeyRule, _ values: Shape, _ place: String) {
        guard let entries = node.mapping else { return wrongKind(node, "a map", place) }
        for entry in entries {
            if !keys.accepts(entry.key) {
                log.add(at: entry.mark, "\"\(entry.key.prefix(80))\" is no \(keys.noun)", hint: keys.hint)
            }
            check(entry.value, values, "\"\(entry.key.prefix(80))\"")
        }
    }

    private func wrongKind(_ node: YAMLNode, _ expected: String, _ place: String) {
        log.add(at: node.mark, "\(place) \(node.isNull ? "is empty" : "is \(node.kind)"): it must be \(expected)")
    }
}

extension StructureCheck {
    private func checkObject(_ node: YAMLNode, _ object: ObjectShape, _ place: String) {
        guard let entries = node.mapping else { return wrongKind(node, "a map", place) }
        for entry in entries where !(object.isExtensible && entry.key.hasPrefix("x-")) { checkKey(entry, object) }
        let keys = Set(entries.map(\.key))
        for name in object.required where !keys.contains(name) {
            log.add(at: node.mark, "\(place) has no \"\(name)\"")
        }
        for group in object.exclusive + object.fields.filter(\.isAppendable).map({ [$0.name, $0.name + "+"] })
        where group.allSatisfy(keys.contains) {
            let second = entries.last { group.contains($0.key) }
            log.add(at: second?.mark, "\(group.map { "\"\($0)\"" }.joined(separator: " and ")) contradict each other")
        }
        if !object.alternatives.isEmpty, keys.isDisjoint(with: object.alternatives) {
            let names = object.alternatives.map { "\"\($0)\"" }.joined(separator: " and no ")
            log.add(at: node.mark, "\(place) has no \(names)")
        }
        if object.isSingle, keys.count != 1 {
            log.add(at: node.mark, "\(place) must have one key: \(object.names.joined(separator: ", "))")
        }
    }

    private func checkKey(_ entry: YAMLEntry, _ object: ObjectShape) {
        if let field = object.field(entry.key) {
            let isAppending = entry.key != field.name
            return check(entry.value, isAppending ? field.shape.list : field.shape, "\"\(entry.key)\"")
        }
        if object.reserved.contains(entry.key) {
            return log.add(at: entry.mark, Fault.reserved(entry.key).message)
        }
        log.add(
            at: entry.mark, "unknown key \"\(entry.key.prefix(80))\" in \(object.noun)",
            hint: hint(for: entry.key, object))
    }

    private func hint(for key: String, _ object: ObjectShape) -> String? {
        if key.hasSuffix("+"), object.field(String(key.dropLast())) != nil {
            return "only lists can be appended to; maps are merged anyway"
        }
        return Suggestion.hint(for: key, among: object.names)
    }
}

extension Shape {
    /// As `YAMLNode.kind` says it.
    var kind: String {
        switch self {
        case .text, .flag: "a text"
        case .list: "a list"
        case .map, .object: "a map"
        case .optional(let shape): shape.kind
        case .either(let shapes): shapes.first?.kind ?? ""
        }
    }

    /// What `key+` takes: the list among the choices.
    var list: Shape {
        guard case .either(let shapes) = self else { return self }
        return shapes.first { $0.kind == "a list" } ?? self
    }
}
