/// A value of a YAML document, with its place. Aliases and `<<` are resolved.
struct YAMLNode: Sendable {
    enum Content: Sendable {
        /// The source text; nothing is made of it. `isPlain` is false inside quotes and for `|` and `>`.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        /// In the order of the file, without duplicate keys.
        case mapping([YAMLEntry])
    }

    var content: Content
    let mark: SourceMark
}

/// A key of a mapping with its value.
struct YAMLEntry: Sendable {
    var key: String
    let mark: SourceMark
    var value: YAMLNode
}

extension YAMLNode {
    var scalar: String? {
        guard case .scalar(let text, _) = content else { return nil }
        return text
    }

    /// The text of a scalar that is there: not empty, `~` or `null`.
    var text: String? { isNull ? nil : scalar }

    var isNull: Bool {
        guard case .scalar(let text, true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// `true` or `false`, without quotes.
    var flag: Bool? {
        switch content {
        case .scalar("true", true): true
        case .scalar("false", true): false
        default: nil
        }
    }

    var sequence: [YAMLNode]? {
        guard case .sequence(let nodes) = content else { return nil }
        return nodes
    }

    var mapping: [YAMLEntry]? {
        guard case .mapping(let entries) = content else { return nil }
        return entries
    }

    /// In the words of messages.
    var kind: String {
        switch content {
        case .scalar: isNull ? "empty" : "a text"
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }
}

extension [YAMLEntry] {
    subscript(_ key: String) -> YAMLNode? { first { $0.key == key }?.value }
}
