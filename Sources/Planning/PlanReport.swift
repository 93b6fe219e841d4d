internal import Jobs
internal import OCI

/// What `build-all plan` shows.
public struct PlanReport: Hashable, Sendable, Codable {
    /// In an order in which they could be built one by one.
    public var images: [Image]
    /// Names of the images on the heaviest way through the plan, the first to build first.
    public var criticalPath: [String]
    /// How long that way takes: no number of processors makes the batch shorter.
    public var criticalSeconds: Double
    /// How long it all takes one after the other.
    public var totalSeconds: Double

    public struct Image: Hashable, Sendable, Codable {
        public var name: String
        public var isSelected: Bool
        /// From 0: images of one wave do not wait for each other.
        public var wave: Int
        public var dependencies: [Dependency]
        public var tags: [String]
        public var seconds: Double
        /// Whether `seconds` is known from the history.
        public var isTimed: Bool
        /// Why it will fail: its Dockerfile cannot be read or understood.
        public var failure: String?
    }

    public struct Dependency: Hashable, Sendable, Codable {
        public var name: String
        public var reasons: [String]
    }
}

extension BuildPlan {
    /// The plan as it is shown.
    public var report: PlanReport {
        let waves = graph.levels()
        let weights = images.map(\.seconds)
        let path = graph.criticalPath(weights: weights)
        return PlanReport(
            images: graph.order.map { reportedImage(at: $0, wave: waves[$0]) },
            criticalPath: path.map { images[$0].name },
            criticalSeconds: path.reduce(0) { $0 + weights[$1] },
            totalSeconds: weights.reduce(0, +))
    }

    private func reportedImage(at position: Int, wave: Int) -> PlanReport.Image {
        let image = images[position]
        var failure: String?
        if case .failure(let cause) = image.job { failure = cause.message }
        return PlanReport.Image(
            name: image.name, isSelected: image.isSelected, wave: wave,
            dependencies: image.dependencies.map { dependency in
                PlanReport.Dependency(
                    name: images[dependency.image].name, reasons: dependency.reasons.map(\.description))
            },
            tags: image.tags.map { $0.reference?.familiar ?? $0.text }, seconds: image.seconds, isTimed: image.isTimed,
            failure: failure)
    }
}
