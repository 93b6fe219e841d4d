public import Manifest
public import OCI

/// The images of a run and the edges between them.
///
/// Making a plan reads Dockerfiles and ignore files and looks whether contexts are there; nothing is built or fetched.
public struct BuildPlan: Sendable {
    /// The selected images and all that they need, in the order of the batch manifest. Edges name positions in it.
    public let images: [PlannedImage]
    /// The same edges, for order and lengths; acyclic.
    public let graph: DependencyGraph
    private let positions: [String: Int]
    private let owners: [ImageReference: String]
    private let platforms: [String: Platform]

    /// Plans a run. Throws all faults at once: cycles, references that two images claim, folders that are missing,
    /// SELECT terms that mean nothing. A Dockerfile with an error in it is not thrown: its image fails when it is built.
    public init(manifest: BatchManifest, options: PlanOptions = PlanOptions()) throws(ManifestErrors) {
        let survey = BatchSurvey(manifest: manifest)
        let selection = Selection(options.selection, in: manifest, graph: survey.graph)
        let members = survey.graph.ancestors(of: selection.images).sorted()
        let folders = members.flatMap { FolderCheck.diagnostics(for: manifest.images[$0]) }
        if let errors = ManifestErrors(survey.diagnostics + folders + selection.diagnostics) { throw errors }
        self.init(members, of: survey, selected: selection.images, options: options)
    }

    private init(_ members: [Int], of survey: BatchSurvey, selected: Set<Int>, options: PlanOptions) {
        let positions = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1, $0) })
        let specs = members.map { survey.manifest.images[$0] }
        let durations = Durations(known: options.seconds, among: specs.map(\.name))
        images = members.map { member in
            PlannedImage(
                survey.images[member], isSelected: selected.contains(member), options: options, durations: durations,
                dependencies: survey.dependencies[member].compactMap { dependency in
                    positions[dependency.image].map { Dependency(image: $0, reasons: dependency.reasons) }
                })
        }
        owners = survey.owners
        platforms = Dictionary(
            survey.manifest.images.map { ($0.name, $0.platform ?? .host) }, uniquingKeysWith: { first, _ in first })
        self.positions = Dictionary(
            images.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        graph = DependencyGraph(parents: images.map { $0.dependencies.map(\.image) })
    }
}

extension BuildPlan {
    /// Where an image is in the plan; nil if it does not belong to this run.
    public func position(named name: String) -> Int? { positions[name] }

    /// The image of the batch manifest, in this run or not, that a reference means for the given platform. A reference
    /// with a digest never means one.
    public func owner(of reference: ImageReference, platform: Platform) -> String? {
        owners[reference].flatMap { platforms[$0]?.satisfies(platform) == true ? $0 : nil }
    }
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
