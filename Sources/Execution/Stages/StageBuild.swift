internal import DockerfileFrontend
internal import Jobs
internal import OCI

/// Builds one stage: instruction after instruction, each changing the state.
final class StageBuild {
    let image: ImageBuild
    let stage: ResolvedStage
    var state: StageState
    /// Where the instruction that is run stands in `stage.instructions`.
    private(set) var place = 0

    private var nextStep: Int
    /// That was looked up.
    private var lastStep: Int?
    /// Those of the base.
    private let firstLayers: Int

    init(_ stage: ResolvedStage, of image: ImageBuild, on state: StageState, firstStep: Int) {
        self.image = image
        self.stage = stage
        self.state = state
        nextStep = firstStep
        firstLayers = state.layers.count
    }

    /// For progress and logs.
    var name: String { stage.stage.label }

    /// Runs the triggers of the base first, then the stage's own instructions.
    func run() throws {
        for (place, instruction) in stage.instructions.enumerated() {
            self.place = place
            do {
                try image.checkCancellation()
                if opensShell(before: instruction) { throw try openShell(before: instruction) }
                try perform(instruction)
            } catch  where opensShell(after: error) {
                throw try openShell(before: instruction)
            } catch ExecutionError.wouldRun(let step) {
                // It was told of this instruction if the step is its own.
                try tellOfRest(from: step == lastStep ? place + 1 : place, after: step)
                throw ExecutionError.wouldRun(step: step)
            } catch let lost as LostStep {
                throw lost
            } catch {
                throw image.failure(error, at: instruction.lines, step: nextStep - 1)
            }
        }
    }

    private func perform(_ instruction: Instruction) throws {
        let expanded = try instruction.expanded(by: image.dockerfile.expander) { state.environment[$0] }
        switch expanded.kind {
        case .run(let run): try perform(run, instruction)
        case .copy(let copy): try perform(CopyRequest(copy), instruction)
        case .add(let add): try perform(try CopyRequest(add), instruction)
        case .workdir(let path): try performWorkdir(path, instruction)
        case .arg(let arguments): try declare(arguments, instruction)
        case let kind: try configure(kind)
        }
    }

    /// Instead of the image, if that was asked for and no step was where to open it.
    func finishWithShell() throws {
        if image.job.shell != nil { throw try openShell() }
    }

    /// Says of the layer steps from an instruction on that nobody knows about them before another step has run.
    func tellOfRest(from place: Int = 0, after step: Int) throws {
        for instruction in stage.instructions.dropFirst(place) where instruction.makesLayer {
            var ended = StepEnded(
                step: nextStep, stage: name, instruction: instruction.text, cached: false, milliseconds: 0)
            ended.missReason = MissReason.after(step: step)
            nextStep += 1
            try image.scheduler.send(.stepEnded(ended))
        }
    }

    /// Adds a history entry without a layer. Before the first layer it has no time yet.
    func addHistory(_ text: String) throws {
        state.history.append(
            ImageConfig.History(
                created: state.created, createdBy: text, comment: HistoryText.comment, emptyLayer: true))
    }

    /// A step that makes a layer, with the next number.
    func step(_ instruction: Instruction, key: StepKey, createdBy: String) -> LayerStep {
        defer { nextStep += 1 }
        lastStep = nextStep
        return LayerStep(
            number: nextStep, stage: name, title: instruction.text, line: instruction.lines.lowerBound,
            key: key, createdBy: createdBy, isFresh: isFresh, isFinal: image.isFinal(stage.index))
    }

    /// Whether the manifest wants the stage's steps to run always.
    private var isFresh: Bool {
        image.job.freshStages.contains { $0.lowercased() == stage.stage.name?.lowercased() || Int($0) == stage.index }
    }

    /// A key that begins with what all steps depend on.
    func key(_ instruction: Instruction) -> StepKey {
        var key = StepKey(kind: instruction.keyword.rawValue, platform: state.platform)
        key.add("parent layers", state.diffIDs.map(\.description))
        if !image.job.ignoredPaths.isEmpty { key.add("ignored paths", image.job.ignoredPaths) }
        if state.layers.count == firstLayers, let base = stage.base.externalName { key.note("base", base) }
        return key
    }
}

extension StageSource {
    /// What FROM names outside of the Dockerfile.
    fileprivate var externalName: String? {
        switch self {
        case .image(let name), .context(let name): name
        case .scratch, .stage: nil
        }
    }
}
