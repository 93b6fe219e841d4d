internal import DockerfileFrontend
internal import Jobs
internal import OCI

/// What can be said of a Dockerfile once its base images are known, before anything runs.
extension ImageBuild {
    /// Sends the warnings that count. Throws what the build would run into, and warnings that are to be errors.
    func check(_ graph: StageGraph) throws {
        let bases = try externalBases(of: graph)
        let report = graph.lint(
            ignoreFile: job.ignoreFile, environment: { bases[$0.index]?.variables },
            hasShell: { bases[$0.index]?.config.shell != nil })
        guard report.errors.isEmpty else { throw dockerfile.errors(report.errors) }
        let platforms = try graph.stages.compactMap { stage in
            try bases[stage.index].flatMap { try platformWarning(of: stage, base: $0) }
        }
        for warning in try counting(report.warnings + platforms) { try warn(warning) }
        try checkShell(graph)
    }

    /// A shell that is wanted where the build does not come by would open elsewhere, or never.
    private func checkShell(_ graph: StageGraph) throws {
        guard let line = job.shell?.line else { return }
        guard !graph.stages.contains(where: { $0.instructions.contains { $0.lines.contains(line) } }) else { return }
        let text = "line \(line) of \(job.dockerfile.name) is in no instruction of a stage that is built"
        throw JobFailure(class: .dockerfile, message: text, summary: text)
    }

    /// Those that the file's `check` options let through.
    private func counting(_ warnings: [DockerfileWarning]) throws -> [DockerfileWarning] {
        let options = try dockerfile.checkOptions(buildArguments: job.buildArguments)
        do throws(DockerfileFault) {
            return try options.filter(warnings)
        } catch {
            throw dockerfile.errors([DockerfileError(error)])
        }
    }

    /// They are resolved already, for their triggers.
    private func externalBases(of graph: StageGraph) throws -> [Int: StageState] {
        var bases: [Int: StageState] = [:]
        for stage in graph.stages {
            switch stage.base {
            case .scratch, .stage: continue
            case .image, .context: bases[stage.index] = try locating(stage) { try baseState(of: stage) }
            }
        }
        return bases
    }

    private func platformWarning(of stage: ResolvedStage, base: StageState) throws -> DockerfileWarning? {
        let wanted = try stage.platform.map { try Platform($0) } ?? job.platform
        guard base.base != nil, !base.platform.satisfies(wanted) else { return nil }
        return DockerfileWarning.platform(
            ofBase: stage.stage.base, is: PlatformValues(base.platform), insteadOf: PlatformValues(wanted),
            at: stage.stage)
    }
}

extension StageState {
    fileprivate var variables: [String: String] {
        Dictionary(environment.entries.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }
}

extension PlatformValues {
    init(_ platform: Platform) {
        self.init(
            os: platform.os, architecture: platform.architecture, variant: platform.variant ?? "",
            osVersion: platform.osVersion ?? "")
    }
}
