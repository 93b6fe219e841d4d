internal import DockerfileFrontend
internal import Jobs
internal import Threads

/// Builds the stages of an image, each on a thread of its own; the layer steps that run at once are limited by
/// `StepPermits`, and a stage that needs another's files waits for it at that instruction.
struct StageCrew {
    let image: ImageBuild
    let graph: StageGraph

    /// The target's state. When a stage fails, the others are stopped, and its error is thrown.
    func build() throws -> StageState {
        let steps = firstSteps()
        var threads: [WorkerThread] = []
        for stage in graph.stages {
            do {
                threads.append(try WorkerThread { build(stage, firstStep: steps[stage.index] ?? 1) })
            } catch {
                image.stages.fail(error)
                break
            }
        }
        for thread in threads { thread.join() }
        return try image.stages.result(of: graph.target)
    }

    /// Steps are numbered as the file has them, whichever runs first.
    private func firstSteps() -> [Int: Int] {
        var next = 1
        var steps: [Int: Int] = [:]
        for stage in graph.stages {
            steps[stage.index] = next
            next += stage.layerCount
        }
        return steps
    }

    private func build(_ stage: ResolvedStage, firstStep: Int) {
        do {
            let state = try image.locating(stage) {
                let base = try base(of: stage, firstStep: firstStep)
                let build = StageBuild(stage, of: image, on: base, firstStep: firstStep)
                try build.run()
                if stage.index == graph.target { try build.finishWithShell() }
                return build.state
            }
            image.stages.finish(stage.index, with: state)
        } catch ExecutionError.wouldRun(let step) {
            image.stages.leaveOpen(stage.index, at: step)
        } catch {
            if image.stages.fail(error, of: stage.index) { image.steps.terminate() }
        }
    }

    private func base(of stage: ResolvedStage, firstStep: Int) throws -> StageState {
        do {
            return try image.baseState(of: stage).inherited()
        } catch ExecutionError.wouldRun(let step) {
            let rest = StageBuild(stage, of: image, on: .scratch(image.job.platform), firstStep: firstStep)
            try rest.tellOfRest(after: step)
            throw ExecutionError.wouldRun(step: step)
        }
    }
}
