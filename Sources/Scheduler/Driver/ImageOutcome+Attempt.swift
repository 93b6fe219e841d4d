internal import Jobs
internal import OCI
internal import Planning

extension ImageOutcome {
    /// What came of an image whose batch state is `ending`. `attempt` is its last; nil if it never started.
    init(_ image: PlannedImage, _ ending: Ending, _ attempt: Attempt?, last: Digest?, plan: BuildPlan, ended: Double) {
        self.init(image: image.name, platform: image.platform, status: .cancelled)
        self.ended = ended
        if let attempt { take(attempt) }
        switch ending {
        case .done: status = Self.status(attempt?.facts, last: last)
        case .cancelled: status = .cancelled
        case .failed(let failure):
            status = .failed
            error = failure
        case .timedOut(let failure):
            status = .timedOut
            error = failure
        case .blocked(let cause):
            status = .blocked
            let text = "it needs \(plan.images[cause].name), which was not built"
            error = JobFailure(class: .cancelled, message: text, summary: text)
        }
    }

    private mutating func take(_ attempt: Attempt) {
        let facts = attempt.facts
        build = attempt.build
        self.attempt = attempt.number
        queued = attempt.queued
        started = attempt.started
        cpuMilliseconds = facts.usage.cpuMilliseconds
        peakMemoryInBytes = facts.usage.peakMemoryInBytes
        tags = facts.published.references.map(\.description)
        guard let result = facts.result else { return }
        digest = result.manifest.digest
        rootfsDigest = result.rootfsDigest
        steps = result.steps
        cachedSteps = result.cachedSteps
        sizeInBytes = result.sizeInBytes
    }

    private static func status(_ facts: Attempt.Facts?, last: Digest?) -> BuildStatus {
        guard let facts, let result = facts.result, result.manifest.digest == last else { return .built }
        if facts.published.hasMoved { return .retagged }
        return result.cachedSteps == result.steps ? .fresh : .unchanged
    }
}
