extension InstructionParser {
    func copy(_ flags: FlagSet) throws(DockerfileFault) -> InstructionKind {
        let (sources, heredocs, destination) = try transfer()
        var copy = CopyInstruction(sources: sources, heredocs: heredocs, destination: destination)
        (copy.from, copy.owner, copy.mode) = (flags["from"], flags["chown"], flags["chmod"])
        copy.isLink = flags.boolean("link") ?? false
        copy.keepsParents = flags.boolean("parents") ?? false
        copy.excludes = flags.all("exclude")
        return .copy(copy)
    }

    func add(_ flags: FlagSet) throws(DockerfileFault) -> InstructionKind {
        let (sources, heredocs, destination) = try transfer()
        var add = AddInstruction(sources: sources, heredocs: heredocs, destination: destination)
        (add.owner, add.mode, add.checksum) = (flags["chown"], flags["chmod"], flags["checksum"])
        (add.unpacks, add.keepsGitFolder) = (flags.boolean("unpack"), flags.boolean("keep-git-dir"))
        add.isLink = flags.boolean("link") ?? false
        add.excludes = flags.all("exclude")
        return .add(add)
    }

    /// The words of COPY and ADD. The last document of a name is the one that counts.
    private func transfer() throws(DockerfileFault) -> (sources: [String], heredocs: [Heredoc], destination: String) {
        let json = try strings(rest)
        let words = json ?? WordSplitter.list(rest)
        guard words.count >= 2, let destination = words.last else { throw .noDestination(keyword) }
        if json == nil, HeredocWord(destination) != nil { throw .heredocDestination(keyword) }
        var documents: [String: Heredoc] = [:]
        for text in heredocs { documents[text.word.name] = text.heredoc }
        var sources: [String] = []
        var contents: [Heredoc] = []
        for word in words.dropLast() {
            guard json == nil, let name = HeredocWord(word)?.name, let heredoc = documents[name] else {
                sources.append(word)
                continue
            }
            guard FileName.isValid(name) else { throw .heredocName(name) }
            contents.append(heredoc)
        }
        return (sources, contents, destination)
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
        default: return rest.text + (try followingHeredocs())
        }
    }
}
