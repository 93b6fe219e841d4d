/// Builds the tree of one file from libyaml's events.
///
/// What makes the tree doubtful (duplicate keys, tags) goes to the log and reading continues; what would make it wrong or too large is thrown.
struct YAMLComposer: ~Copyable {
    private let source: SourceFile
    private let parser: YAMLParser
    private let limits: YAMLLimits
    private let log: DiagnosticLog
    private var anchors: [String: Anchor] = [:]
    private var nodesLeft: Int
    private var depth = 0

    private enum Anchor {
        /// Its value is being read.
        case open
        case done(YAMLNode, weight: Int)
    }

    /// The tree of a file; nil if there is no document in it.
    ///
    /// - Parameter nodesLeft: lowered by the nodes of this file, aliases counted as all that they stand for.
    static func compose(
        _ source: SourceFile, limits: YAMLLimits, nodesLeft: inout Int, log: DiagnosticLog
    ) throws(ManifestErrors) -> YAMLNode? {
        try refuseOtherEncodings(source)
        let result = source.bytes.withUnsafeBufferPointer { bytes -> Result<(YAMLNode?, Int), ManifestErrors> in
            var composer = YAMLComposer(source, bytes, limits, nodesLeft, log)
            do throws(ManifestErrors) {
                let node = try composer.document()
                return .success((node, composer.nodesLeft))
            } catch {
                return .failure(error)
            }
        }
        let (node, left) = try result.get()
        nodesLeft = left
        return node
    }

    private init(
        _ source: SourceFile, _ bytes: UnsafeBufferPointer<UInt8>, _ limits: YAMLLimits, _ nodesLeft: Int,
        _ log: DiagnosticLog
    ) {
        self.source = source
        self.limits = limits
        self.log = log
        self.nodesLeft = nodesLeft
        parser = YAMLParser(bytes)
    }

    private mutating func document() throws(ManifestErrors) -> YAMLNode? {
        _ = try next()
        let start = try next()
        guard case .documentStart = start.kind else { return nil }
        let root = try node(try next()).node
        _ = try next()
        let after = try next()
        if case .documentStart = after.kind {
            throw fatal("a manifest is one YAML document; here a second one begins", at: mark(of: after))
        }
        return root
    }

    /// A value with the number of nodes in it.
    private mutating func node(_ event: YAMLEvent) throws(ManifestErrors) -> (node: YAMLNode, weight: Int) {
        let place = mark(of: event)
        if case .alias(let name) = event.kind { return try aliased(name, at: place) }
        try spend(1, at: place)
        refuseTag(event.tag, of: event, at: place)
        if let anchor = event.anchor { anchors[anchor] = .open }
        depth += 1
        defer { depth -= 1 }
        guard depth <= limits.depth else {
            throw fatal("values are nested deeper than \(limits.depth) levels", at: place)
        }
        let (content, weight) = try content(of: event, at: place)
        let node = YAMLNode(content: content, mark: place)
        if let anchor = event.anchor { anchors[anchor] = .done(node, weight: weight) }
        return (node, weight)
    }

    private mutating func content(
        of event: YAMLEvent, at place: SourceMark
    ) throws(ManifestErrors) -> (YAMLNode.Content, Int) {
        switch event.kind {
        case .scalar(let text, let isPlain):
            guard text.utf8.count <= limits.textBytes else {
                throw fatal("a text of \(text.utf8.count) bytes: at most \(limits.textBytes) are read", at: place)
            }
            return (.scalar(text, isPlain: isPlain), 1)
        case .sequenceStart: return try sequence()
        default: return try mapping()
        }
    }

    private mutating func sequence() throws(ManifestErrors) -> (YAMLNode.Content, Int) {
        var nodes: [YAMLNode] = []
        var weight = 1
        while true {
            let event = try next()
            if case .sequenceEnd = event.kind { return (.sequence(nodes), weight) }
            let item = try node(event)
            nodes.append(item.node)
            weight += item.weight
        }
    }

    private mutating func mapping() throws(ManifestErrors) -> (YAMLNode.Content, Int) {
        var builder = YAMLMappingBuilder(log: log)
        var weight = 1
        while true {
            let event = try next()
            if case .mappingEnd = event.kind { return (.mapping(builder.finish()), weight) }
            let key = try node(event)
            let value = try node(try next())
            weight += key.weight + value.weight
            builder.add(key.node, value.node)
        }
    }

    private mutating func aliased(_ name: String, at place: SourceMark) throws(ManifestErrors) -> (YAMLNode, Int) {
        switch anchors[name] {
        case .done(let node, let weight):
            try spend(weight, at: place)
            return (node, weight)
        case .open: throw fatal("*\(name) is used inside of &\(name) itself", at: place)
        case nil: throw fatal("there is no anchor &\(name) above this alias", at: place)
        }
    }

    private mutating func spend(_ count: Int, at place: SourceMark) throws(ManifestErrors) {
        nodesLeft -= count
        guard nodesLeft >= 0 else {
            throw fatal("the manifest has more than \(limits.nodes) values, aliases counted in full", at: place)
        }
    }

    private func next() throws(ManifestErrors) -> YAMLEvent {
        do throws(YAMLFault) {
            return try parser.next()
        } catch {
            throw ManifestErrors(error.diagnostic(in: source))
        }
    }

    private func mark(of event: YAMLEvent) -> SourceMark {
        SourceMark(source: source, line: event.line + 1, column: event.column + 1)
    }

    private func fatal(_ message: String, at mark: SourceMark) -> ManifestErrors {
        ManifestErrors(ManifestDiagnostic(mark: mark, message: message))
    }
}

extension YAMLComposer {
    /// Types come from the field, never from the file: only the tags that change nothing are allowed.
    private func refuseTag(_ tag: String?, of event: YAMLEvent, at place: SourceMark) {
        guard let tag else { return }
        let allowed =
            switch event.kind {
            case .scalar: ["!", "tag:yaml.org,2002:str"]
            case .sequenceStart: ["!", "tag:yaml.org,2002:seq"]
            default: ["!", "tag:yaml.org,2002:map"]
            }
        guard !allowed.contains(tag) else { return }
        log.add(at: place, "the tag \(tag.prefix(80)) is not known", hint: "write the value without a tag")
    }

    private static func refuseOtherEncodings(_ source: SourceFile) throws(ManifestErrors) {
        let start = source.bytes.prefix(2)
        guard start == [0xFF, 0xFE] || start == [0xFE, 0xFF] else { return }
        throw ManifestErrors(
            ManifestDiagnostic(mark: nil, message: "\(source.name): the file is in UTF-16", hint: "save it as UTF-8"))
    }
}
