internal import Jobs
internal import Manifest
internal import SystemPackage

extension PlannedImage {
    init(
        _ survey: ImageSurvey, isSelected: Bool, options: PlanOptions, durations: Durations, dependencies: [Dependency]
    ) {
        let spec = survey.spec
        name = spec.name
        self.isSelected = isSelected
        self.dependencies = dependencies
        isolation = spec.isolation?.value.rawValue
        tags = spec.tags.map(PlannedTag.init)
        outputs = isSelected ? spec.outputs.compactMap { PlannedOutput($0.kind, options) } : []
        secrets = spec.secrets.map(PlannedSecret.init)
        agents = spec.agents.compactMap(PlannedAgent.init)
        materials = survey.materials
        warnings = survey.warnings
        // Whoever fetches a context tries again by the same rule; by now it has failed for good.
        retry = survey.context.hasFailed ? RetryRule() : RetryRule(spec.retry)
        let cache = PlannedCache(spec.cache, options: options)
        self.cache = cache
        seconds = durations.known[spec.name] ?? durations.estimate
        isTimed = durations.known[spec.name] != nil
        job = survey.job.map { job in
            var job = job
            if options.ignoresCache, job.cache == .readWrite { job.cache = .writeOnly }
            job.sharesSteps = cache != nil
            if isSelected { job.rootfsOutput = spec.rootfsOutput?.string }
            job.ignoredPaths = options.ignoredPaths
            job.mergesLayers = options.mergesLayers
            job.usesDockerFormat = options.usesDockerFormat
            return job
        }
    }
}

extension ImageSpec {
    /// The executor writes this output itself: it has the root file system.
    fileprivate var rootfsOutput: FilePath? {
        outputs.lazy.compactMap { if case .rootfs(let path) = $0.kind { path } else { nil } }.first
    }
}

extension PlannedOutput {
    /// Nil for what the executor writes, and for a push that is not wanted.
    fileprivate init?(_ kind: OutputSpec.Kind, _ options: PlanOptions) {
        switch kind {
        case .push where options.pushes: self = .push
        case .push, .rootfs: return nil
        case .oci(let path): self = options.replacesLayouts ? .onlyOCI(path.string) : .oci(path.string)
        case .ociArchive(let path): self = .ociArchive(path.string)
        case .dockerArchive(let path): self = .dockerArchive(path.string)
        }
    }
}

extension RetryRule {
    init(_ retry: ImageSpec.Retry) {
        self.init(attempts: retry.attempts, causes: Set(retry.when.map(Cause.init)))
    }
}

extension RetryRule.Cause {
    fileprivate init(_ cause: ImageSpec.Retry.Cause) {
        switch cause {
        case .network: self = .network
        case .registry: self = .registry
        case .oom: self = .oom
        case .timeout: self = .timeout
        case .any: self = .any
        }
    }
}
