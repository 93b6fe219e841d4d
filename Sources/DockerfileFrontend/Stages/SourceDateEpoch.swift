/// What `SOURCE_DATE_EPOCH` says: a build argument, or an ARG before the first FROM.
public enum SourceDateEpoch: Hashable, Sendable {
    case seconds(Int64)
    /// The time of the main context: its commit, or its Last-Modified. Without one, nothing is said.
    case context
    /// The time of a named context, by its key.
    case namedContext(String)
    /// The time of what a stage adds: a URL or a repository, its checksum or commit included.
    case source(AddSource, checksum: String?)

    static let name = "SOURCE_DATE_EPOCH"
}

extension StageGraph {
    /// Nil if it is not given, or empty. Words are looked up as `context`, a named context, a stage.
    public func sourceDateEpoch() throws(DockerfileErrors) -> SourceDateEpoch? {
        let name = SourceDateEpoch.name
        guard let value = scope.buildArguments[name] ?? scope[name], !value.isEmpty else { return nil }
        if let seconds = Int64(value) { return .seconds(seconds) }
        if value == "context" { return .context }
        if let key = namedContextKey(for: value) { return .namedContext(key) }
        guard let stage = dockerfile.stages.first(where: { $0.name == value.lowercased() }) else {
            throw dockerfile.errors([DockerfileError(.invalidEpoch(value))])
        }
        do throws(DockerfileFault) {
            return try EpochStage(stage, scope).epoch()
        } catch {
            throw dockerfile.errors([DockerfileError(error, lines: stage.lines)])
        }
    }
}

extension GlobalScope {
    /// The scope once the time is known: what `ARG SOURCE_DATE_EPOCH` gives to a stage. Nil takes it away.
    public func settingSourceDateEpoch(_ seconds: Int64?) -> GlobalScope {
        var scope = self
        let text = seconds.map(String.init)
        if scope.buildArguments[SourceDateEpoch.name] != nil { scope.buildArguments[SourceDateEpoch.name] = text }
        if scope.values[SourceDateEpoch.name] != nil { scope.values[SourceDateEpoch.name] = text }
        return scope
    }
}

/// A stage that is only there to name a source whose time is meant: `FROM scratch`, ARGs and one remote ADD.
private struct EpochStage {
    private let stage: Stage
    private let scope: GlobalScope
    private var values: [String: String]

    init(_ stage: Stage, _ scope: GlobalScope) {
        self.stage = stage
        self.scope = scope
        values = scope.values
        values[SourceDateEpoch.name] = nil
    }

    func epoch() throws(DockerfileFault) -> SourceDateEpoch {
        guard try text(stage.base, values) == "scratch" else { throw .unfitEpochStage("must use FROM scratch") }
        var values = values
        var epoch: SourceDateEpoch?
        for instruction in stage.instructions {
            switch instruction.kind {
            case .arg(let declarations):
                for declaration in declarations { try declare(declaration, &values) }
            case .add(let add):
                guard epoch == nil else { throw .unfitEpochStage("must contain exactly one remote ADD") }
                epoch = try source(add, values)
            default:
                let reason = "does not meet source-only requirements: unsupported"
                throw .unfitEpochStage("\(reason) \(instruction.typedKeyword) instruction")
            }
        }
        guard let epoch else { throw .unfitEpochStage("must contain exactly one remote ADD") }
        return epoch
    }

    private func declare(
        _ declaration: ArgumentDeclaration, _ values: inout [String: String]
    ) throws(DockerfileFault) {
        if let given = scope.buildArguments[declaration.name] {
            values[declaration.name] = given
        } else if let word = declaration.value {
            values[declaration.name] = try text(word, values)
        }
    }

    private func source(_ add: AddInstruction, _ values: [String: String]) throws(DockerfileFault) -> SourceDateEpoch {
        guard add.heredocs.isEmpty, add.sources.count == 1 else {
            throw .unfitEpochStage("must contain exactly one remote ADD source")
        }
        var add = add
        add.sources = [try text(add.sources[0], values)]
        if let checksum = add.checksum { add.checksum = try text(checksum, values) }
        let source = try add.resolvedSources()[0]
        if case .path = source { throw .unfitEpochStage("source must be a single HTTP(S) or Git ADD") }
        return .source(source, checksum: add.checksum)
    }

    private func text(_ word: String, _ values: [String: String]) throws(DockerfileFault) -> String {
        do throws(ExpansionError) {
            return try scope.expander.expand(word) { values[$0] }.text
        } catch {
            throw .expansion(error)
        }
    }
}
