internal import Jobs
internal import Planning

extension PlannedImage {
    /// What of the machine is read by its name when the image asks for it.
    var hostFiles: [String] {
        let secrets = secrets.compactMap { secret -> String? in
            if case .file(let path) = secret.source { path } else { nil }
        }
        let agents = agents.flatMap { agent -> [String] in
            switch agent.source {
            case .socket(let path): [path]
            case .keys(let paths): paths
            }
        }
        let caches = (cache?.places ?? []).compactMap { place -> String? in
            if case .folder(let path) = place { path } else { nil }
        }
        return secrets + agents + caches + contexts
    }

    private var contexts: [String] {
        guard case .success(let job) = job else { return [] }
        return job.namedContexts.values.compactMap { context in
            switch context {
            case .layout(folder: let path, reference: _): path
            case .archive(let source): if case .file(let path) = source.place { path } else { nil }
            default: nil
            }
        }
    }
}
