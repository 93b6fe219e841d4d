internal import Jobs
public import Ledger

/// Why a build ran what it ran.
extension HistoryReport {
    /// As one document, for programs.
    struct Why: Encodable {
        struct Step: Encodable {
            var step: Int
            var stage: String
            var instruction: String
            var reasons: [String]
            var why: String
        }

        var build: String
        var image: String
        var status: String
        var reasons: [String]
        var steps: Int
        var cached: Int
        /// The first step that missed, of those that ran.
        var first: Step?
        var ran: [Step]
    }

    /// The first step that missed and what changed, then the other steps that ran.
    public func why(_ detail: HistoryDetail, asJSON: Bool) throws -> String {
        let why = Self.why(detail)
        if asJSON { return try JSONText.of(why, pretty: true) + "\n" }
        var lines = ["\(why.image) \(why.build) \(why.status): \(why.cached) of \(why.steps) steps were in the cache"]
        for reason in why.reasons where reason.hasPrefix("parent_rebuilt:") {
            lines.append("  \(reason.dropFirst("parent_rebuilt:".count)), on which it is built, is another image")
        }
        lines += why.ran.map { "  step \($0.step) (\($0.instruction)) missed: \($0.why)" }
        if why.ran.isEmpty { lines.append(why.steps == 0 ? "  no step was reached" : "  no step ran") }
        return lines.map { DisplayText.escaped($0) + "\n" }.joined()
    }

    private static func why(_ detail: HistoryDetail) -> Why {
        let ran = detail.steps.filter { !$0.cached }.sorted { $0.step < $1.step }.map { step in
            let miss = step.miss ?? "never_built"
            return Why.Step(
                step: step.step, stage: step.stage, instruction: step.instruction, reasons: MissText.words(miss),
                why: MissText.sentence(miss))
        }
        return Why(
            build: detail.build.build, image: detail.build.image, status: detail.build.status.rawValue,
            reasons: detail.build.reasons, steps: max(detail.build.steps, detail.steps.count),
            cached: detail.steps.count(where: \.cached), first: ran.first, ran: ran)
    }
}
