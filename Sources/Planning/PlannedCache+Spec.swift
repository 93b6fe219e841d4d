internal import Manifest
internal import SystemPackage

extension PlannedCache {
    /// Nil for an image that shares nothing.
    init?(_ spec: ImageSpec.Cache, options: PlanOptions) {
        guard spec.mode != .off, spec.repository != nil || !spec.sources.isEmpty else { return nil }
        repository = spec.repository.map(CachePlace.init)
        sources = spec.sources.map(CachePlace.init)
        hasAllStages = spec.mode == .max
        listsSteps = options.listsSteps
        ageInSeconds = spec.ttl?.inSeconds
        // Who may not publish an image may not hand a layer to those who do.
        if !options.pushes, case .repository? = repository { isWritten = false }
    }
}

extension CachePlace {
    fileprivate init(_ place: ImageSpec.CachePlace) {
        switch place {
        case .repository(let reference): self = .repository(reference)
        case .image(let reference): self = .image(reference)
        case .folder(let path): self = .folder(path.string)
        }
    }
}
