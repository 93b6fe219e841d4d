/// Walks from the target to all it needs.
struct StageResolver {
    let dockerfile: Dockerfile
    let scope: GlobalScope
    let contexts: NamedContexts
    /// Parsed triggers of base images, by stage.
    let imageTriggers: [Int: [Instruction]]
    /// Indexes of the stages of a name, ascending.
    private let named: [String: [Int]]
    private(set) var resolved: [Int: ResolvedStage] = [:]
    private(set) var errors: [DockerfileError] = []
    private(set) var warnings: [DockerfileWarning] = []
    private var triggerCount = 0
    /// A stage's triggers run in each of its children: a small file could have a great many.
    static let mostTriggers = 100_000
    /// Each costs a search through the stages.
    private static let mostOrderErrors = 100

    init(dockerfile: Dockerfile, scope: GlobalScope, contexts: NamedContexts, imageTriggers: [Int: [Instruction]]) {
        self.dockerfile = dockerfile
        self.scope = scope
        self.contexts = contexts
        self.imageTriggers = imageTriggers
        named = Dictionary(grouping: dockerfile.stages.indices) { dockerfile.stages[$0].name ?? "" }
    }

    private var all: [Stage] { dockerfile.stages }

    func targetIndex() throws(DockerfileError) -> Int {
        guard let name = scope.target else { return all.count - 1 }
        if let stage = latestStage(named: name.lowercased(), before: all.count) { return stage }
        let hint = Suggestion.nearest(to: name, in: all.map(\.label))
        throw DockerfileError(.unknownTarget(name, suggestion: hint))
    }

    private func latestStage(named name: String, before end: Int) -> Int? {
        guard !name.isEmpty, let indexes = named[name] else { return nil }
        // The usual case first: few names are given twice.
        if let last = indexes.last, last < end { return last }
        return indexes.last { $0 < end }
    }

    mutating func reach(from targets: [Int]) {
        var waiting = targets
        var seen = Set(targets)
        while let index = waiting.popLast() {
            guard let stage = resolve(all[index]) else { continue }
            resolved[index] = stage
            for case .stage(let next) in stage.sources where seen.insert(next).inserted { waiting.append(next) }
        }
        if errors.isEmpty { checkOrder() }
    }

    /// Nil if it has errors, which are noted.
    private mutating func resolve(_ stage: Stage) -> ResolvedStage? {
        do throws(DockerfileError) {
            let from = try scope.expandedFrom(of: stage)
            warnings += from.warnings
            if case .context(let key) = reference(toStage: stage.index) {
                return try resolved(stage, on: .context(key), platform: from.platform, [])
            }
            let base = source(ofBase: from.base, before: stage.index)
            let instructions = try triggers(of: base, for: stage) + stage.instructions
            return try resolved(stage, on: base, platform: from.platform, instructions)
        } catch {
            errors.append(error)
            return nil
        }
    }

    /// A folder is no image: a stage on one begins with a copy of it.
    private mutating func resolved(
        _ stage: Stage, on base: StageSource, platform: String?, _ instructions: [Instruction]
    ) throws(DockerfileError) -> ResolvedStage {
        var (base, instructions, folder) = (base, instructions, StageSource?.none)
        if case .context(let key) = base, contexts.isFolder(key) {
            instructions.insert(try Instruction(parsingTrigger: "COPY . /", lines: stage.lines), at: 0)
            (base, folder) = (.scratch, base)
        }
        var copySources = copySources(in: instructions, of: stage)
        if let folder { copySources[0] = folder }
        return ResolvedStage(
            stage: stage, base: base, platform: platform, instructions: instructions, copySources: copySources,
            mountSources: mountSources(in: instructions, of: stage))
    }

    /// A stage, or the named context that stands in for it.
    private func reference(toStage index: Int) -> StageSource {
        all[index].name.flatMap { contexts.key(for: $0) }.map(StageSource.context) ?? .stage(index)
    }

    /// A stage must be typed in lower case here, and be an earlier one.
    private func source(ofBase name: String, before index: Int) -> StageSource {
        if let stage = latestStage(named: name, before: index) { return reference(toStage: stage) }
        return name == "scratch" ? .scratch : external(name)
    }

    private func external(_ name: String) -> StageSource {
        contexts.key(for: name).map(StageSource.context) ?? .image(name)
    }

    /// Those of the base image, if they are known yet, or of the base stage. They do not reach grandchildren.
    private mutating func triggers(of base: StageSource, for stage: Stage) throws(DockerfileError) -> [Instruction] {
        var result = imageTriggers[stage.index] ?? []
        guard case .stage(let index) = base else { return result }
        for instruction in all[index].instructions {
            guard case .onbuild(let text) = instruction.kind else { continue }
            triggerCount += 1
            guard triggerCount <= Self.mostTriggers else {
                throw DockerfileError(.tooManyTriggers, lines: stage.lines)
            }
            result.append(try Instruction(parsingTrigger: text, lines: stage.lines))
        }
        return result
    }

    private mutating func copySources(in instructions: [Instruction], of stage: Stage) -> [Int: StageSource] {
        var sources: [Int: StageSource] = [:]
        for (place, instruction) in instructions.enumerated() {
            do throws(DockerfileFault) {
                switch instruction.kind {
                case .copy(let copy):
                    if let from = copy.from { sources[place] = try source(ofCopy: from, in: stage) }
                default: break
                }
            } catch {
                errors.append(DockerfileError(error, lines: instruction.lines))
            }
        }
        return sources
    }

    private mutating func mountSources(in instructions: [Instruction], of stage: Stage) -> [Int: [Int: StageSource]] {
        var sources: [Int: [Int: StageSource]] = [:]
        for (place, instruction) in instructions.enumerated() {
            guard case .run(let run) = instruction.kind else { continue }
            for (index, mount) in run.mountTexts.enumerated() {
                check(mount, instruction)
                guard let from = mount.from, !from.isEmpty else { continue }
                sources[place, default: [:]][index] = source(ofMount: from, in: stage)
            }
        }
        return sources
    }

    /// What no variable can change is judged before anything is built.
    private mutating func check(_ mount: RunMountText, _ instruction: Instruction) {
        guard mount.isConstant else { return }
        do throws(DockerfileFault) {
            var words = WordList(expander: dockerfile.expander)
            _ = try words.mount(mount) { _ in nil }
        } catch {
            errors.append(DockerfileError(error, lines: instruction.lines))
        }
    }

    /// Unlike COPY's, a mount's `from` is never a number.
    private func source(ofMount from: String, in stage: Stage) -> StageSource {
        let name = from.lowercased()
        let earlier = latestStage(named: name, before: stage.index)
        if let index = earlier ?? latestStage(named: name, before: all.count) { return reference(toStage: index) }
        return from == "scratch" ? .scratch : external(from)
    }

    func source(ofCopy from: String, in stage: Stage) throws(DockerfileFault) -> StageSource {
        let plain = try? dockerfile.expander.expand(from) { _ in nil }
        guard plain?.text == from else { throw .variableInFrom }
        if let index = Int(from) {
            guard all.indices.contains(index) else { throw .invalidStageIndex(from) }
            return reference(toStage: index)
        }
        let name = from.lowercased()
        let earlier = latestStage(named: name, before: stage.index)
        if let index = earlier ?? latestStage(named: name, before: all.count) { return reference(toStage: index) }
        return from == "scratch" ? .scratch : external(from)
    }

    // MARK: Order

    /// A stage may only copy from earlier ones; a later one that needs this one in turn is a cycle.
    private mutating func checkOrder() {
        for stage in resolved.values.sorted(by: { $0.index < $1.index }) {
            for use in stage.uses {
                guard case .stage(let other) = use.source, other >= stage.index else { continue }
                guard errors.count < Self.mostOrderErrors else { return }
                let fault =
                    needs(other, stage.index)
                    ? .circularDependency(stage.stage.label) : stage.earlyUse(use)
                errors.append(DockerfileError(fault, lines: stage.instructions[use.place].lines))
            }
        }
    }

    /// Whether a stage is the other, or needs it.
    private func needs(_ stage: Int, _ other: Int) -> Bool {
        var waiting = [stage]
        var seen: Set<Int> = [stage]
        while let index = waiting.popLast() {
            if index == other { return true }
            for case .stage(let next) in resolved[index]?.sources ?? [] where seen.insert(next).inserted {
                waiting.append(next)
            }
        }
        return false
    }
}

extension ResolvedStage {
    /// What is wrong with a use of a later stage.
    fileprivate func earlyUse(_ use: SourceUse) -> DockerfileFault {
        switch instructions[use.place].kind {
        case .copy(let copy): return .stageNotYetDefined(copy.from ?? "", current: stage.label)
        case .run(let run):
            guard let mount = use.mount.map({ run.mountTexts[$0] }) else { break }
            return .mountNotYetDefined(mount.from ?? "", target: mount.target)
        default: break
        }
        return .stageNotYetDefined("", current: stage.label)
    }
}
