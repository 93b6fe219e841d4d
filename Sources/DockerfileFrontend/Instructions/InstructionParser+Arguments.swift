extension InstructionParser {
    func run(_ flags: FlagSet) throws(DockerfileFault) -> RunInstruction {
        let network = flags["network"] ?? "default"
        guard let mode = RunInstruction.Network(rawValue: network) else { throw .invalidNetwork(network) }
        let command = try command(rest)
        if command == .exec([]) { throw .atLeastOneArgument(keyword) }
        return RunInstruction(command: command, network: mode)
    }

    func copy(_ flags: FlagSet) throws(DockerfileFault) -> InstructionKind {
        let (sources, destination) = try sourcesAndDestination()
        return .copy(
            CopyInstruction(
                sources: sources, destination: destination, from: flags["from"], owner: flags["chown"],
                mode: flags["chmod"]))
    }

    func add(_ flags: FlagSet) throws(DockerfileFault) -> InstructionKind {
        let (sources, destination) = try sourcesAndDestination()
        for source in sources where !source.contains("$") {
            if let feature = UnservedFeature(addOf: source) { return .unserved(feature) }
        }
        return .add(
            AddInstruction(sources: sources, destination: destination, owner: flags["chown"], mode: flags["chmod"]))
    }

    private func sourcesAndDestination() throws(DockerfileFault) -> (sources: [String], destination: String) {
        let words = try strings(rest) ?? WordSplitter.list(rest)
        guard words.count >= 2, let destination = words.last else { throw .noDestination(keyword) }
        if Heredoc(destination) != nil { throw .heredocDestination(keyword) }
        return (Array(words.dropLast()), destination)
    }

    /// The elements if the text is a JSON array.
    func strings(_ text: Scalars) throws(DockerfileFault) -> [String]? {
        switch JSONArray(text) {
        case .strings(let strings): return strings
        case .mixed: throw .arrayOfNonStrings
        case nil: return nil
        }
    }

    func command(_ text: Scalars) throws(DockerfileFault) -> CommandForm {
        if let arguments = try strings(text) { return .exec(arguments) }
        return .shell(text.text)
    }

    func wholeRest() throws(DockerfileFault) -> String {
        guard !rest.isEmpty else { throw .exactlyOneArgument(keyword) }
        return rest.text
    }

    func list(_ words: [String]) throws(DockerfileFault) -> [String] {
        guard !words.isEmpty else { throw .atLeastOneArgument(keyword) }
        return words
    }

    func volumes() throws(DockerfileFault) -> [String] {
        let words = try list(try strings(rest) ?? WordSplitter.list(rest)).map { Scalars($0).trimmed().text }
        if words.contains("") { throw .blankVolume }
        return words
    }

    func shell() throws(DockerfileFault) -> [String] {
        guard !rest.isEmpty else { throw .atLeastOneArgument(keyword) }
        guard let arguments = try strings(rest) else { throw .notJSON(keyword) }
        return try list(arguments)
    }

    /// `key=value …`, or the old `key rest of line` if the first word has no `=`.
    func keyValues() throws(DockerfileFault) -> [KeyValue] {
        let words = WordSplitter.words(rest, escape: escape)
        guard let first = words.first else { throw .atLeastOneArgument(keyword) }
        if !first.unicodeScalars.contains("=") {
            guard let (key, value) = rest.splitAtSeparators() else { throw .twoArguments(keyword) }
            return [KeyValue(key: key.text, value: value.text, isLegacy: true)]
        }
        var pairs: [KeyValue] = []
        for word in words { pairs.append(try keyValue(word)) }
        return pairs
    }

    private func keyValue(_ word: String) throws(DockerfileFault) -> KeyValue {
        let (key, value) = word.splitOnce(at: "=")
        guard let value else { throw .missingEquals(word) }
        guard !key.isEmpty else { throw .blankName(keyword) }
        return KeyValue(key: key, value: value)
    }

    func declarations() throws(DockerfileFault) -> [ArgumentDeclaration] {
        var declarations: [ArgumentDeclaration] = []
        for word in try list(WordSplitter.words(rest, escape: escape)) {
            let (name, value) = word.splitOnce(at: "=")
            guard !name.isEmpty else { throw .blankName(keyword) }
            declarations.append(ArgumentDeclaration(name: name, value: value))
        }
        return declarations
    }

    /// ONBUILD's text; it is read again where it runs.
    func trigger() throws(DockerfileFault) -> String {
        guard !rest.isEmpty else { throw .atLeastOneArgument(keyword) }
        let word = (rest.splitAtSeparators()?.head ?? rest).text.uppercased()
        switch word {
        case "ONBUILD": throw .chainedOnbuild
        case "FROM", "MAINTAINER": throw .forbiddenTrigger(word)
        default: return rest.text
        }
    }
}

extension UnservedFeature {
    /// Nil if the source of an ADD is a local path.
    init?(addOf source: String) {
        switch SourceText(source) {
        case .path: return nil
        case .url: self.init(name: "ADD of a URL")
        case .git: self.init(name: "ADD of a git repository")
        }
    }
}
