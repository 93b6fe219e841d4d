/// The flags given to an instruction, checked against those it knows.
struct FlagSet {
    enum Kind { case text, bool, list }

    private var values: [String: [String]] = [:]
    private var booleans: [String: Bool] = [:]

    private static let known: [Keyword: [(name: String, kind: Kind)]] = [
        .from: [("platform", .text)],
        .run: [("mount", .list), ("network", .text), ("security", .text), ("device", .list)],
        .copy: [
            ("from", .text), ("chown", .text), ("chmod", .text), ("link", .bool), ("parents", .bool),
            ("exclude", .list),
        ],
        .add: [
            ("chown", .text), ("chmod", .text), ("link", .bool), ("keep-git-dir", .bool), ("checksum", .text),
            ("unpack", .bool), ("exclude", .list),
        ],
        .healthcheck: [
            ("interval", .text), ("timeout", .text), ("start-period", .text), ("start-interval", .text),
            ("retries", .text),
        ],
    ]

    init(_ words: [String], of keyword: Keyword) throws(DockerfileFault) {
        if keyword == .arg || keyword == .stopsignal { return }  // these drop leading flags silently
        for word in words { try add(word, known: Self.known[keyword] ?? []) }
    }

    private mutating func add(_ word: String, known: [(name: String, kind: Kind)]) throws(DockerfileFault) {
        let (name, value) = Scalars(word).dropFirst(2).text.splitOnce(at: "=")
        guard let kind = known.first(where: { $0.name == name })?.kind else {
            throw .unknownFlag(name, suggestion: Suggestion.nearest(to: name, in: known.map(\.name)))
        }
        guard kind == .list || (values[name] == nil && booleans[name] == nil) else { throw .duplicateFlag(name) }
        if kind == .bool {
            booleans[name] = try Self.boolean(value, of: name)
        } else {
            guard let value else { throw .missingFlagValue(name) }
            values[name, default: []].append(value)
        }
    }

    private static func boolean(_ value: String?, of name: String) throws(DockerfileFault) -> Bool {
        switch value?.lowercased() {
        case nil, "true": return true
        case "false": return false
        case "": throw .missingFlagValue(name)
        default: throw .notBoolean(flag: name, value: value ?? "")
        }
    }

    /// An empty value counts as none.
    subscript(name: String) -> String? {
        guard let value = values[name]?.last, !value.isEmpty else { return nil }
        return value
    }

    /// All values of a flag that may be repeated.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// Nil if the flag is not given.
    func boolean(_ name: String) -> Bool? { booleans[name] }
}
