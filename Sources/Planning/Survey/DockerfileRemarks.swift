internal import DockerfileFrontend
public import Jobs

/// A warning about a Dockerfile, found without building.
public struct DockerfileRemark: Hashable, Sendable, Codable {
    /// As errors show the file.
    public let file: String
    /// In the file, from 1.
    public let line: Int
    /// BuildKit's name of the rule.
    public let rule: String
    public let message: String
    /// The lines that are meant, with some around them.
    public let excerpt: String

    init(_ warning: DockerfileWarning, in dockerfile: Dockerfile) {
        file = dockerfile.name
        line = warning.lines.lowerBound
        rule = warning.rule.rawValue
        message = warning.message
        excerpt = dockerfile.excerpt(warning.lines).map { "\($0)" } ?? ""
    }
}

extension PlannedImage {
    /// What the linter says of the image's Dockerfile, all of its stages when no target is named, as far as the file's
    /// `check` options let it. Throws what a build would run into.
    ///
    /// What depends on a base image that is not of `scratch` (its variables, its platform) is not known here.
    public func remarks() throws(JobFailure) -> [DockerfileRemark] {
        let job = try job.get()
        do {
            let dockerfile = try Dockerfile(parsing: job.dockerfile.bytes, name: job.dockerfile.name)
            let graph = try StageGraph(dockerfile, of: job, includesAllStages: true)
            let report = graph.lint(ignoreFile: job.ignoreFile)
            guard report.errors.isEmpty else { throw dockerfile.errors(report.errors) }
            let options = try dockerfile.checkOptions(buildArguments: job.buildArguments)
            return try options.filter(report.warnings).map { DockerfileRemark($0, in: dockerfile) }
        } catch {
            throw JobFailure(dockerfile: error)
        }
    }
}
