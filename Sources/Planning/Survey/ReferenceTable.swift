internal import Manifest
internal import OCI

/// Which image of a batch a reference or name means.
struct ReferenceTable {
    /// Positions of the images in the manifest.
    private(set) var owners: [ImageReference: Int] = [:]
    private let positions: [String: Int]
    private let platforms: [Platform]

    init(_ manifest: BatchManifest) {
        platforms = manifest.images.map { $0.platform ?? .host }
        positions = Dictionary(
            manifest.images.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        for (position, image) in manifest.images.enumerated() {
            for reference in image.tags.compactMap(\.reference) { owners[reference] = position }
        }
    }

    /// The image that is meant by a reference of a Dockerfile. One with a digest means exactly those bytes, so never an
    /// image that is yet to be built; one of another platform is in a registry. What is no reference at all is the
    /// image's own failure when it is built.
    private func image(for use: ImageSurvey.Use) -> Int? {
        guard let reference = try? ImageReference(use.reference), let owner = owners[reference] else { return nil }
        return use.platform.map { platforms[owner].satisfies($0) } ?? true ? owner : nil
    }

    /// The edges from an image to those that it needs, in the order of their statements.
    func edges(of image: ImageSurvey) -> [(image: Int, reason: DependencyReason)] {
        var edges: [(image: Int, reason: DependencyReason)] = []
        for use in image.uses {
            guard let owner = self.image(for: use) else { continue }
            edges.append((owner, .instruction(use.kind, reference: use.reference, line: use.line)))
        }
        for context in image.spec.contexts {
            if let owner = owner(of: context.source) { edges.append((owner, .context(name: context.name))) }
        }
        for name in image.spec.needs {
            if let owner = positions[name.value] { edges.append((owner, .order)) }
        }
        return edges
    }

    private func owner(of source: ContextSpec.Source) -> Int? {
        switch source {
        case .files, .scratch, .layout: nil
        case .image(let name): positions[name]
        case .dockerImage(let reference): owners[reference]
        }
    }
}
