public import Manifest
public import OCI

/// The images of a run and the edges between them.
///
/// Making a plan reads Dockerfiles and ignore files and looks whether contexts are there; nothing is built or fetched:
/// contexts from elsewhere are fetched before, see `missingContexts`.
public struct BuildPlan: Sendable {
    /// The selected images and all that they need, in the order of the batch manifest. Edges name positions in it.
    public let images: [PlannedImage]
    /// The same edges, for order and lengths; acyclic.
    public let graph: DependencyGraph
    private let positions: [String: Int]
    let owners: [ImageReference: ReferenceOwner]

    /// Plans a run. Throws all faults at once: cycles, folders, secrets and agents that are
    /// missing, SELECT terms that mean nothing.
    /// A Dockerfile with an error in it is not thrown: its image fails when it is built.
    public init(manifest: BatchManifest, options: PlanOptions = PlanOptions()) throws(ManifestErrors) {
        let survey = BatchSurvey(manifest: manifest, options: options)
        let selection = Selection(options.selection, in: manifest, graph: survey.graph)
        let members = survey.graph.ancestors(of: selection.images).sorted()
        let specs = members.map { manifest.images[$0] }
        let outside = specs.flatMap {
            FolderCheck.diagnostics(for: $0, environment: options.environment) + PrivilegeCheck.diagnostics(for: $0)
        }
        if let errors = ManifestErrors(survey.diagnostics + outside + selection.diagnostics) { throw errors }
        let durations = Durations(known: options.seconds, among: members.map { manifest.images[$0].name })
        let positions = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1, $0) })
        let images = members.map { member in
            PlannedImage(
                survey.images[member], isSelected: selection.images.contains(member), options: options,
                durations: durations,
                dependencies: survey.dependencies[member].compactMap { dependency in
                    positions[dependency.image].map { Dependency(image: $0, reasons: dependency.reasons) }
                })
        }
        self.init(images: images, owners: survey.owners)
    }

    init(images: [PlannedImage], owners: [ImageReference: ReferenceOwner]) {
        self.images = images
        self.owners = owners
        graph = DependencyGraph(parents: images.map { $0.dependencies.map(\.image) })
        positions = Dictionary(uniqueKeysWithValues: images.enumerated().map { ($1.name, $0) })
    }
}

extension BuildPlan {
    /// Where an image is in the plan; nil if it does not belong to this run.
    public func position(named name: String) -> Int? { positions[name] }

    /// The image of the batch manifest, in this run or not, that a reference means for the given platform. A reference
    /// with a digest never means one.
    public func owner(of reference: ImageReference, platform: Platform) -> String? {
        guard let owner = owners[reference], owner.platform.satisfies(platform) else { return nil }
        return owner.image
    }
}

/// The image of the batch manifest that a reference means.
struct ReferenceOwner: Hashable, Sendable {
    let image: String
    let platform: Platform
}

/// How long images take: by history, or else as long as the others on average.
struct Durations {
    let known: [String: Double]
    /// In seconds; 1 where nothing is known of any image.
    let estimate: Double

    init(known: [String: Double], among names: [String]) {
        self.known = known
        let values = names.compactMap { known[$0] }
        estimate = values.isEmpty ? 1 : values.reduce(0, +) / Double(values.count)
    }
}
