/// Where a root file system comes from.
public enum StageSource: Hashable, Sendable {
    /// Nothing.
    case scratch
    /// A stage, by index.
    case stage(Int)
    /// An image reference, as it was written, expanded.
    case image(String)
    /// A named context, by its key.
    case context(String)
}

/// A stage that is needed, with its references resolved.
public struct ResolvedStage: Hashable, Sendable {
    public let stage: Stage
    public let base: StageSource
    /// `--platform`, expanded; nil is the target platform.
    public let platform: String?
    /// Triggers of the base first, then the stage's own; none if a named context stands in for the stage.
    public let instructions: [Instruction]
    /// What each COPY of `instructions` with `--from` reads, by its place there.
    public let copySources: [Int: StageSource]
    /// What each mount of a RUN of `instructions` reads that says `from=`, by the RUN's place there and the mount's
    /// place in the RUN.
    public let mountSources: [Int: [Int: StageSource]]

    public var index: Int { stage.index }

    var sources: [StageSource] { [base] + uses.map(\.source) }

    /// What instructions read, in order.
    var uses: [SourceUse] {
        let copies = copySources.map { SourceUse(place: $0.key, mount: nil, source: $0.value) }
        let mounts = mountSources.flatMap { place, sources in
            sources.map { SourceUse(place: place, mount: $0.key, source: $0.value) }
        }
        return (copies + mounts).sorted { ($0.place, $0.mount ?? 0) < ($1.place, $1.mount ?? 0) }
    }
}

/// A root file system that an instruction reads.
struct SourceUse {
    /// Of the instruction.
    let place: Int
    /// Of the mount in RUN; nil for COPY.
    let mount: Int?
    let source: StageSource
}

/// Something outside the Dockerfile that a needed stage refers to.
public struct ExternalReference: Hashable, Sendable {
    public enum Use: Hashable, Sendable { case from, copy, mount }

    /// An image reference or the key of a named context.
    public let source: StageSource
    public let use: Use
    /// Index of the stage.
    public let stage: Int
    /// `--platform` of the FROM; nil is the target platform.
    public let platform: String?
    public let lines: ClosedRange<Int>
}

/// The stages that a target needs.
public struct StageGraph: Sendable {
    public let dockerfile: Dockerfile
    public let scope: GlobalScope
    /// In the order of the file, so that a stage comes after all it needs. The target is the last one.
    public private(set) var stages: [ResolvedStage] = []
    public private(set) var target = 0
    /// Of the FROM lines of the needed stages; see also `lint`.
    public private(set) var warnings: [DockerfileWarning] = []
    private let namedContexts: Set<String>
    private let folderContexts: Set<String>
    private let includesAllStages: Bool
    private var imageTriggers: [Int: [Instruction]] = [:]

    /// Finds the stages that `scope.target` reaches and resolves their bases and sources.
    ///
    /// `namedContexts` are keys `name` or `name::os/architecture`; those of `folderContexts` are files, not images.
    /// Throws all faults of the needed stages; others are not looked at, unless `includesAllStages` and no target is
    /// given, as for a check of the whole file.
    public init(
        _ dockerfile: Dockerfile, scope: GlobalScope, namedContexts: Set<String> = [],
        folderContexts: Set<String> = [], includesAllStages: Bool = false
    ) throws(DockerfileErrors) {
        self.dockerfile = dockerfile
        self.scope = scope
        self.namedContexts = namedContexts
        self.folderContexts = folderContexts
        self.includesAllStages = includesAllStages && scope.target == nil
        try resolve()
    }

    /// The same graph with the ONBUILD triggers of the image that a stage is built on; they may add stages.
    public func adding(triggers: [String], to stage: Int) throws(DockerfileErrors) -> StageGraph {
        var graph = self
        let lines = dockerfile.stages[stage].lines
        do throws(DockerfileError) {
            for text in triggers {
                let trigger = try Instruction(parsingTrigger: text, lines: lines)
                graph.imageTriggers[stage, default: []].append(trigger)
            }
        } catch {
            throw dockerfile.errors([error])
        }
        try graph.resolve()
        return graph
    }

    private mutating func resolve() throws(DockerfileErrors) {
        var resolver = resolver
        do throws(DockerfileError) {
            target = try resolver.targetIndex()
        } catch {
            throw dockerfile.errors([error])
        }
        resolver.reach(from: includesAllStages ? Array(dockerfile.stages.indices) : [target])
        guard resolver.errors.isEmpty else { throw dockerfile.errors(resolver.errors) }
        stages = resolver.resolved.values.sorted { $0.index < $1.index }
        warnings = resolver.warnings.sorted { $0.lines.lowerBound < $1.lines.lowerBound }
    }

    /// What `--from` of a COPY in a stage names. Stages of the file go first, then named contexts, then images.
    public func source(named from: String, in stage: Stage) throws(DockerfileFault) -> StageSource {
        try resolver.source(ofCopy: from, in: stage)
    }

    private var resolver: StageResolver {
        StageResolver(dockerfile: dockerfile, scope: scope, contexts: contexts, imageTriggers: imageTriggers)
    }

    private var contexts: NamedContexts { NamedContexts(namedContexts, folders: folderContexts, scope.targetPlatform) }

    /// The named context that a name stands for, if there is one; never the main context.
    func namedContextKey(for name: String) -> String? { contexts.key(for: name) }

    /// Images and named contexts that the needed stages refer to, in the order of the file.
    public var externalReferences: [ExternalReference] {
        stages.flatMap { stage in
            let uses = stage.uses.map { use in
                ExternalReference(
                    source: use.source, use: use.mount == nil ? .copy : .mount, stage: stage.index, platform: nil,
                    lines: stage.instructions[use.place].lines)
            }
            let base = ExternalReference(
                source: stage.base, use: .from, stage: stage.index, platform: stage.platform, lines: stage.stage.lines)
            return ([base] + uses).filter(\.isExternal)
        }
    }

    /// Whether a needed stage copies from the main context, or mounts it.
    public var readsContext: Bool {
        stages.contains { stage in
            stage.instructions.indices.contains { place in
                switch stage.instructions[place].kind {
                case .add(let add): add.readsContext
                case .copy(let copy): stage.copySources[place] == nil && !copy.sources.isEmpty
                case .run(let run): run.mountTexts.contains(where: \.readsContext)
                default: false
                }
            }
        }
    }
}

extension ExternalReference {
    var isExternal: Bool {
        switch source {
        case .image, .context: true
        case .scratch, .stage: false
        }
    }
}

extension StageGraph {
    /// All that the linter says: of the text, of the scope, of the FROM lines and of what the needed stages do.
    ///
    /// Nothing is built. `environment` gives the variables of a stage's image or named context, if they are known;
    /// without them no word is said of undefined variables in that stage. `hasShell` says whether that base's config
    /// names a shell. `ignoreFile` is the text of the file that governs the main context, if that is a folder.
    /// `Dockerfile.checkOptions` are to be applied.
    public func lint(
        ignoreFile: String? = nil,
        environment: (ResolvedStage) -> [String: String]? = { _ in nil },
        hasShell: (ResolvedStage) -> Bool = { _ in false }
    ) -> LintReport {
        var linter = StageLinter(self, ignoreFile: ignoreFile)
        for stage in stages {
            let known = stage.base == .scratch ? [:] : environment(stage)
            linter.check(stage, environment: known, hasShell: hasShell(stage))
        }
        var report = linter.report
        report.warnings += dockerfile.warnings + scope.warnings + warnings
        report.warnings.sort { $0.lines.lowerBound < $1.lines.lowerBound }
        return report
    }
}
