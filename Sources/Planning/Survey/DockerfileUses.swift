internal import DockerfileFrontend
internal import Jobs
internal import OCI

/// The references that a Dockerfile names in the stages which the target needs.
struct DockerfileUses {
    let uses: [ImageSurvey.Use]
    /// Secrets and agents that are mounted and not listed.
    let warnings: [String]

    /// Resolves as the executor will, so that both see the same references; throws what it would fail with.
    init(of job: Job) throws(JobFailure) {
        do {
            let dockerfile = try Dockerfile(parsing: job.dockerfile.bytes, name: job.dockerfile.name)
            let graph = try StageGraph(dockerfile, of: job)
            uses = graph.externalReferences.compactMap(ImageSurvey.Use.init)
            warnings = UnlistedMounts(graph, of: job).warnings
        } catch {
            throw JobFailure(dockerfile: error)
        }
    }
}

extension StageGraph {
    /// As the executor makes it.
    init(_ dockerfile: Dockerfile, of job: Job, includesAllStages: Bool = false) throws {
        let scope = try GlobalScope(
            dockerfile, buildArguments: job.buildArguments, targetPlatform: PlatformValues(job.platform),
            buildPlatform: PlatformValues(.host), target: job.target)
        try self.init(
            dockerfile, scope: scope, namedContexts: Set(job.namedContexts.keys), folderContexts: job.folderContexts,
            includesAllStages: includesAllStages)
    }
}

extension JobFailure {
    init(dockerfile error: any Error) {
        self.init(
            class: .dockerfile, message: "\(error)",
            summary: "\(error)".split(separator: "\n").first.map(String.init) ?? "")
    }
}

extension PlatformValues {
    fileprivate init(_ platform: Platform) {
        self.init(
            os: platform.os, architecture: platform.architecture, variant: platform.variant ?? "",
            osVersion: platform.osVersion ?? "")
    }
}

extension ImageSurvey.Use {
    /// Nil for a named context: the batch manifest says what that is.
    fileprivate init?(_ reference: ExternalReference) {
        guard case .image(let text) = reference.source else { return nil }
        self.init(
            kind: DependencyReason.DockerfileUse(reference.use), reference: text,
            platform: reference.platform.flatMap { try? Platform($0) }, line: reference.lines.lowerBound)
    }
}

extension DependencyReason.DockerfileUse {
    fileprivate init(_ use: ExternalReference.Use) {
        switch use {
        case .from: self = .from
        case .copy: self = .copyFrom
        case .mount: self = .mountFrom
        }
    }
}
