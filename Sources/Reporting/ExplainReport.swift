public import Jobs

/// Which steps of images would run, and why: what executors said that only looked.
public struct ExplainReport: Sendable, Encodable {
    struct Step: Sendable, Encodable {
        var step: Int
        var stage: String
        var instruction: String
        var cached: Bool
        var cachedFrom: String?
        var reasons: [String]
        var why: String?
    }

    struct Image: Sendable, Encodable {
        var image: String
        var wouldRun: Bool
        /// The first step that misses, in the order of the file.
        var first: Step?
        var steps: [Step] = []
        var error: String?
    }

    private(set) var images: [Image] = []

    /// - Parameter steps: the ends of steps, by image.
    public init(_ outcomes: [ImageOutcome], steps: [String: [StepEnded]]) {
        images = outcomes.map { outcome in
            let steps = (steps[outcome.image] ?? []).sorted { $0.step < $1.step }.map(Step.init)
            let isExplained = outcome.error?.class == .explained
            var image = Image(
                image: outcome.image, wouldRun: isExplained || outcome.status == .blocked,
                first: steps.first { !$0.cached }, steps: steps)
            if !outcome.status.isSuccess, !isExplained, outcome.status != .blocked {
                image.error = outcome.error?.message
            }
            return image
        }
    }

    /// Whether any step of any image would run.
    public var findsWork: Bool { images.contains(where: \.wouldRun) }

    public func json() throws -> String { try JSONText.of(self, pretty: true) + "\n" }

    /// Lines for people.
    public func text() -> String {
        images.flatMap(lines).map { DisplayText.escaped($0) + "\n" }.joined()
    }

    private func lines(_ image: Image) -> [String] {
        if let error = image.error {
            return ["\(image.image): nothing can be said"] + DisplayText.lines(of: error).map { "  \($0)" }
        }
        let cached = image.steps.count(where: \.cached)
        guard image.wouldRun else {
            return ["\(image.image): nothing would run, \(Self.all(image.steps.count)) in the cache"]
                + sources(image)
        }
        guard !image.steps.isEmpty else { return ["\(image.image): it is looked at once what it needs is built"] }
        return ["\(image.image): \(cached) of \(image.steps.count) steps are in the cache"] + sources(image)
            + image.steps.filter { !$0.cached }.map { step in
                "  step \(step.step) (\(step.instruction)) misses: \(step.why ?? "")"
            }
    }

    private static func all(_ steps: Int) -> String { steps == 1 ? "its one step is" : "all \(steps) steps are" }

    private func sources(_ image: Image) -> [String] {
        let places = Dictionary(grouping: image.steps.compactMap(\.cachedFrom)) { $0 }
        return places.sorted { $0.key < $1.key }.map { "  \($0.value.count) of them in \($0.key)" }
    }
}

extension ExplainReport.Step {
    fileprivate init(_ step: StepEnded) {
        let miss = step.cached ? nil : step.missReason
        self.init(
            step: step.step, stage: step.stage, instruction: step.instruction, cached: step.cached,
            cachedFrom: step.cachedFrom, reasons: miss.map(MissText.words) ?? [], why: miss.map(MissText.sentence))
    }
}
