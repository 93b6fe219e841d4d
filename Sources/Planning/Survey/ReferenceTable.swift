internal import Manifest
internal import OCI

/// Which image of a batch a reference or name means.
struct ReferenceTable {
    /// Two images claim one reference.
    private(set) var diagnostics: [ManifestDiagnostic] = []
    /// Positions of the images in the manifest.
    private(set) var owners: [ImageReference: Int] = [:]
    private let positions: [String: Int]

    init(_ manifest: BatchManifest) {
        positions = Dictionary(
            manifest.images.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        for (position, image) in manifest.images.enumerated() {
            for tag in image.tags { claim(tag, by: position, in: manifest) }
        }
    }

    private mutating func claim(_ tag: TagSpec, by position: Int, in manifest: BatchManifest) {
        guard let reference = tag.reference else { return }
        guard let owner = owners[reference], owner != position else {
            owners[reference] = position
            return
        }
        let (first, second) = (manifest.images[owner], manifest.images[position])
        diagnostics.append(
            ManifestDiagnostic(
                mark: tag.mark,
                message: "images \"\(first.name)\" and \"\(second.name)\" both claim \(reference.familiar)",
                hint: first.base == second.base ? "put a matrix key into the tag" : nil))
    }

    /// The image that is meant by a reference as a Dockerfile writes it. One with a digest means exactly those bytes, so
    /// never an image that is yet to be built.
    func image(for text: String) -> Int? {
        guard let reference = try? ImageReference(text) else { return nil }
        return owners[reference]
    }

    /// The edges from an image to those that it needs, in the order of their statements.
    func edges(of image: ImageSurvey) -> [(image: Int, reason: DependencyReason)] {
        var edges: [(image: Int, reason: DependencyReason)] = []
        for use in image.uses {
            guard let owner = self.image(for: use.reference) else { continue }
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
        case .folder: nil
        case .image(let name): positions[name]
        case .dockerImage(let reference): owners[reference]
        }
    }
}
