/// Walks through the needed stages as a build would, and finds what can be found without one.
struct StageLinter {
    private let scope: GlobalScope
    private let expander: WordExpander
    private let ignored: IgnoredSources
    private var states: [Int: LintState] = [:]
    private(set) var report = LintReport()

    init(_ graph: StageGraph, ignoreFile: String?) {
        scope = graph.scope
        ignored = IgnoredSources(ignoreFile)
        expander = graph.dockerfile.expander
    }

    /// `environment` is that of the stage's base; nil if it is not known.
    mutating func check(_ stage: ResolvedStage, environment: [String: String]?, hasShell: Bool) {
        var state = LintState(environment: environment, hasShell: hasShell)
        if case .stage(let base) = stage.base, let inherited = states[base] { state = inherited.ofChild }
        for (place, instruction) in stage.instructions.enumerated() {
            check(instruction, &state, readsContext: stage.copySources[place] == nil)
        }
        states[stage.index] = state
    }

    private mutating func check(_ instruction: Instruction, _ state: inout LintState, readsContext: Bool) {
        if case .arg(let declarations) = instruction.kind {
            for declaration in declarations { check(declaration, instruction, &state) }
            return
        }
        var isGuess = false
        do throws(DockerfileError) {
            let expanded = try instruction.expanded(by: expander) { state.value(of: $0, isGuess: &isGuess) }
            noteUndefined(expanded.undefined, instruction, state)
            check(expanded.kind, instruction, &state, isGuess: isGuess)
            if readsContext, !isGuess { try checkSources(expanded.kind, instruction) }
        } catch {
            if !isGuess { report.errors.append(error) }
        }
    }

    /// A value that a variable of the base might change is no ground for an error.
    private mutating func check(
        _ declaration: ArgumentDeclaration, _ instruction: Instruction, _ state: inout LintState
    ) {
        checkSecret("ARG", declaration.name, instruction)
        var isGuess = false
        do throws(ExpansionError) {
            let expansion = try scope.value(of: declaration) { state.value(of: $0, isGuess: &isGuess) }
            noteUndefined(expansion?.undefined ?? [], instruction, state)
            state.declare(declaration.name, expansion?.text)
        } catch {
            if !isGuess { report.errors.append(DockerfileError(.expansion(error), lines: instruction.lines)) }
        }
    }

    private mutating func noteUndefined(_ names: [String], _ instruction: Instruction, _ state: LintState) {
        guard state.isComplete, !names.isEmpty else { return }
        report.warnings += DockerfileWarning.undefined(
            names, declared: state.declared, known: state.environment.keys.sorted(), at: instruction)
    }

    private mutating func checkSources(
        _ kind: InstructionKind, _ instruction: Instruction
    ) throws(DockerfileError) {
        do throws(IgnoreFileError) {
            for source in try ignored.names(in: kind) {
                report.warnings.append(.ignored(source, at: instruction))
            }
        } catch {
            throw DockerfileError(.invalidIgnoreFile(error), lines: instruction.lines)
        }
    }

    mutating func warn(_ rule: LintRule, _ message: String, at instruction: Instruction) {
        report.warnings.append(DockerfileWarning(rule, message, at: instruction))
    }
}

/// What the rules need to know of a stage on its way.
struct LintState {
    private(set) var environment: [String: String]
    /// What ENV and the base set of it: a child sees that again, whatever ARG said later.
    private var config: [String: String]
    /// Nothing else is set. Otherwise the base may have variables that are not known here.
    let isComplete: Bool
    /// ARGs so far, with a value or not.
    private(set) var declared: Set<String> = []
    var hasWorkdir = false
    /// The config names one: the shell form of CMD is meant then.
    var hasShell: Bool
    /// The last CMD, ENTRYPOINT and HEALTHCHECK of this stage.
    var last: [Keyword: Instruction] = [:]

    private static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    init(environment: [String: String]?, hasShell: Bool) {
        self.hasShell = hasShell
        self.environment = environment ?? [:]
        isComplete = environment != nil
        // A build gives every stage one, if its base has none.
        if isComplete, self.environment["PATH"] == nil { self.environment["PATH"] = Self.defaultPath }
        config = self.environment
    }

    var ofChild: LintState {
        var child = self
        child.last = [:]
        child.environment.merge(config) { $1 }
        return child
    }

    func value(of name: String, isGuess: inout Bool) -> String? {
        let value = environment[name]
        if value == nil, !isComplete { isGuess = true }  // even an ARG without a value leaves the base's variable
        return value
    }

    mutating func set(_ name: String, _ value: String) {
        environment[name] = value
        config[name] = value
    }

    mutating func declare(_ name: String, _ value: String?) {
        declared.insert(name)
        if let value, GlobalScope.isVariable(name) { environment[name] = value }
    }
}

/// What `StageGraph.lint` finds.
public struct LintReport: Sendable {
    /// In the order of their lines; the file's `check` options are still to be applied.
    public internal(set) var warnings: [DockerfileWarning] = []
    /// What a build would fail with, as far as it does not depend on anything outside the file.
    public internal(set) var errors: [DockerfileError] = []
}
