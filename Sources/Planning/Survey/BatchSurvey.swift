internal import Manifest
internal import OCI
internal import SystemPackage

/// What is known of all images of a batch before any is chosen: their Dockerfiles and the edges between them.
struct BatchSurvey {
    let manifest: BatchManifest
    let images: [ImageSurvey]
    /// For each image the images that it needs, ascending, with the reasons.
    let dependencies: [[Dependency]]
    let graph: DependencyGraph
    let owners: [ImageReference: ReferenceOwner]
    /// Cycles.
    let diagnostics: [ManifestDiagnostic]

    init(manifest: BatchManifest, options: PlanOptions) {
        self.manifest = manifest
        let names = ReferenceTable(manifest)
        let folder = manifest.folder.lexicallyNormalized().string
        images = manifest.images.map { ImageSurvey($0, options, manifestFolder: folder) }
        dependencies = images.map { image in
            let edges = Dictionary(grouping: names.edges(of: image), by: \.image)
            return edges.sorted { $0.key < $1.key }.map { Dependency(image: $0, reasons: $1.map(\.reason)) }
        }
        graph = DependencyGraph(parents: dependencies.map { $0.map(\.image) })
        owners = names.owners.mapValues {
            ReferenceOwner(image: manifest.images[$0].name, platform: manifest.images[$0].platform ?? .host)
        }
        diagnostics = graph.cycles().map { [images, dependencies] cycle in
            Self.diagnostic(of: cycle.map { images[$0].spec }, reasons: Self.reasons(along: cycle, dependencies))
        }
    }

    /// For each image of a cycle why it needs the next.
    private static func reasons(along cycle: [Int], _ dependencies: [[Dependency]]) -> [String] {
        cycle.enumerated().map { index, image in
            let next = cycle[(index + 1) % cycle.count]
            return dependencies[image].first { $0.image == next }?.reasons.first.map(\.description) ?? ""
        }
    }

    private static func diagnostic(of cycle: [ImageSpec], reasons: [String]) -> ManifestDiagnostic {
        let first = cycle[0]
        guard cycle.count > 1 else {
            return ManifestDiagnostic(
                mark: first.mark, message: "image \"\(first.name)\" needs itself: \(reasons[0])",
                hint: "what the Dockerfile names is the image's own tag; an image of a registry needs another name here"
            )
        }
        let names = (cycle + [first]).map(\.name)
        let why = zip(names, zip(names.dropFirst(), reasons)).map { "\($0) needs \($1.0) (\($1.1))" }
        return ManifestDiagnostic(
            mark: first.mark,
            message: "images need each other: \(names.joined(separator: " -> ")); \(why.joined(separator: ", "))")
    }
}
