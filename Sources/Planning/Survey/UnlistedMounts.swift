internal import DockerfileFrontend
internal import Jobs

/// Finds mounts of secrets and agents that the image does not list. A step with one runs without it, or fails if it is
/// required; mounts whose ids hang on variables are not judged.
struct UnlistedMounts {
    private(set) var warnings: [String] = []
    private let job: Job

    init(_ graph: StageGraph, of job: Job) {
        self.job = job
        let expander = graph.dockerfile.expander
        for instruction in graph.stages.flatMap(\.instructions) {
            guard case .run = instruction.kind,
                let expanded = try? instruction.expanded(by: expander, lookup: { _ in nil }),
                expanded.undefined.isEmpty, case .run(let run) = expanded.kind
            else { continue }
            for mount in run.mounts { check(mount, line: instruction.lines.lowerBound) }
        }
    }

    private mutating func check(_ mount: RunMount, line: Int) {
        guard let id = mount.id else { return }
        let (noun, field, ids) =
            switch mount.kind {
            case .secret: ("secret", "secrets", job.secretIDs)
            case .ssh: ("ssh agent", "ssh", job.agentIDs)
            default: ("", "", [id])
            }
        guard !ids.contains(id) else { return }
        warnings.append(
            "\(job.dockerfile.name):\(line): RUN mounts the \(noun) \"\(id)\", which the image does not list under \(field): "
                + (mount.isRequired ? "the step will fail" : "the step runs without it"))
    }
}
