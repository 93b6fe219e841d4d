extension Instruction {
    /// What the instruction says with all words expanded that expansion applies to.
    public struct Expanded: Hashable, Sendable {
        public var kind: InstructionKind
        /// Names without a value, for UndefinedVar.
        public var undefined: [String]
    }

    /// Expands the words of COPY, ADD, ENV, LABEL, EXPOSE, STOPSIGNAL, USER, VOLUME and WORKDIR.
    ///
    /// All words see the environment from before the instruction. ARG is left alone: its words are taken one by one,
    /// see `GlobalScope.value(of:lookup:)`. The results are checked: URLs, ports, empty volumes, signals, `--chown`, `--chmod`.
    public func expanded(
        by expander: WordExpander, lookup: (String) -> String?
    ) throws(DockerfileError) -> Expanded {
        var words = WordList(expander: expander)
        do throws(DockerfileFault) {
            return Expanded(kind: try words.expand(kind, lookup: lookup), undefined: words.undefined)
        } catch {
            throw DockerfileError(error, lines: lines)
        }
    }
}

/// Expands the words of one instruction and gathers the undefined names.
struct WordList {
    let expander: WordExpander
    private(set) var undefined: [String] = []
    private var noted: Set<String> = []

    init(expander: WordExpander) {
        self.expander = expander
    }

    typealias Lookup = (String) -> String?

    mutating func expand(_ kind: InstructionKind, lookup: Lookup) throws(DockerfileFault) -> InstructionKind {
        switch kind {
        case .copy(let copy): .copy(try expand(copy, lookup))
        case .add(let add): .add(try expand(add, lookup))
        case .env(let pairs): .env(try expand(pairs, lookup))
        case .label(let pairs): .label(try expand(pairs, lookup))
        case .workdir(let path): .workdir(try text(path, lookup))
        case .user(let user): .user(try text(user, lookup))
        case .expose(let words): .expose(try ports(words, lookup))
        case .volume(let paths): .volume(try volumes(paths, lookup))
        case .stopSignal(let signal): .stopSignal(try StopSignal.validated(try text(signal, lookup)))
        case .run(let run): .run(try expand(run, lookup))
        case .arg, .cmd, .entrypoint, .shell, .healthcheck, .onbuild, .maintainer: kind
        }
    }

    mutating func expansion(
        _ word: String, _ lookup: Lookup, by other: WordExpander? = nil
    ) throws(DockerfileFault) -> Expansion {
        do throws(ExpansionError) {
            let expansion = try (other ?? expander).expand(word, lookup: lookup)
            for name in expansion.undefined where noted.insert(name).inserted { undefined.append(name) }
            return expansion
        } catch {
            throw .expansion(error)
        }
    }

    mutating func text(_ word: String, _ lookup: Lookup) throws(DockerfileFault) -> String {
        try expansion(word, lookup).text
    }

    /// Nil for an empty result too: the flag then says nothing.
    mutating func text(_ word: String?, _ lookup: Lookup) throws(DockerfileFault) -> String? {
        guard let word else { return nil }
        let text = try text(word, lookup)
        return text.isEmpty ? nil : text
    }

    mutating func texts(_ words: [String], _ lookup: Lookup) throws(DockerfileFault) -> [String] {
        var result: [String] = []
        for word in words { result.append(try text(word, lookup)) }
        return result
    }

    mutating func split(_ words: [String], _ lookup: Lookup) throws(DockerfileFault) -> [String] {
        var result: [String] = []
        for word in words { result += try expansion(word, lookup).words }
        return result
    }

    mutating func ports(_ words: [String], _ lookup: Lookup) throws(DockerfileFault) -> [String] {
        let words = try split(words, lookup)
        do throws(ExposedPortError) {
            var count = 0
            for word in words { count += try ExposedPort.validated(word).range.count }
            if count > ExposedPort.mostOfInstruction { throw .tooMany }
        } catch {
            throw .invalidPort(error)
        }
        return words
    }

    mutating func volumes(_ paths: [String], _ lookup: Lookup) throws(DockerfileFault) -> [String] {
        let paths = try texts(paths, lookup)
        if paths.contains("") { throw .blankVolume }
        return paths
    }

    mutating func expand(_ pairs: [KeyValue], _ lookup: Lookup) throws(DockerfileFault) -> [KeyValue] {
        var result: [KeyValue] = []
        for var pair in pairs {
            pair.key = try text(pair.key, lookup)
            pair.value = try text(pair.value, lookup)
            result.append(pair)
        }
        return result
    }
}
