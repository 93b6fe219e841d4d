internal import DockerfileFrontend
public import Jobs
public import OCI

/// An image of a registry, for a platform.
public struct ExternalImage: Hashable, Sendable {
    public var reference: ImageReference
    public var platform: Platform

    public init(reference: ImageReference, platform: Platform) {
        self.reference = reference
        self.platform = platform
    }
}

extension BuildPlan {
    /// The images of registries that the build of an image needs, each once: those of FROM, COPY --from, mounts and
    /// `docker-image://` contexts in the stages that its target needs. Images of the batch are none.
    ///
    /// ONBUILD triggers may name more: `triggers` gives those of a base image, as far as they are known. Throws what the
    /// build would run into.
    public func externalImages(
        of position: Int, triggers: (ExternalImage) throws -> [String] = { _ in [] }
    ) throws(JobFailure) -> [ExternalImage] {
        let job = try images[position].job.get()
        do {
            let dockerfile = try Dockerfile(parsing: job.dockerfile.bytes, name: job.dockerfile.name)
            let graph = try withTriggers(StageGraph(dockerfile, of: job), of: job, triggers)
            var found: [ExternalImage] = []
            for use in graph.externalReferences {
                guard let image = try external(use.source, platform: use.platform, of: job), !found.contains(image)
                else { continue }
                found.append(image)
            }
            return found
        } catch let failure as JobFailure {
            throw failure
        } catch {
            throw JobFailure(dockerfile: error)
        }
    }

    /// As the executor adds them.
    private func withTriggers(
        _ graph: StageGraph, of job: Job, _ triggers: (ExternalImage) throws -> [String]
    ) throws -> StageGraph {
        var graph = graph
        var seen: Set<Int> = []
        while let stage = graph.stages.first(where: { !seen.contains($0.index) }) {
            seen.insert(stage.index)
            guard let image = try external(stage.base, platform: stage.platform, of: job) else { continue }
            let texts = try triggers(image)
            if !texts.isEmpty { graph = try graph.adding(triggers: texts, to: stage.index) }
        }
        return graph
    }

    private func external(_ source: StageSource, platform text: String?, of job: Job) throws -> ExternalImage? {
        let reference: ImageReference
        switch source {
        case .image(let text): reference = try ImageReference(text)
        case .context(let name):
            guard case .image(let named)? = job.namedContexts[name] else { return nil }
            reference = named
        case .scratch, .stage: return nil
        }
        let platform = try text.map { try Platform($0) } ?? job.platform
        guard owner(of: reference, platform: platform) == nil else { return nil }
        return ExternalImage(reference: reference, platform: platform)
    }

    /// The same plan, with images that cannot be built, by position.
    public func failing(_ failures: [Int: JobFailure]) -> BuildPlan {
        var images = images
        for (position, failure) in failures { images[position].job = .failure(failure) }
        return BuildPlan(images: images, owners: owners)
    }
}
