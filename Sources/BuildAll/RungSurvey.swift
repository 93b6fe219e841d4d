internal import Sandbox
internal import Storage

/// Which rungs of the isolation ladder work on a state folder.
enum RungSurvey {
    /// Tries all, or as many as are needed. What overlayfs leaves of that has no permissions, and is removed here: not every command sweeps.
    static func reports(
        _ state: StateFolder, of rungs: [Rung] = Rung.automatic, untilUsable: Bool = false
    ) throws -> [RungReport] {
        let reports = probeRungs(rungs, stateFolder: state.root, untilUsable: untilUsable)
        _ = try state.removeLeftovers(rungProbeFolders())
        return reports
    }

    /// A rung with what it lacks, and the lines that would allow it.
    static func lines(_ report: RungReport) -> [String] {
        guard let refusal = report.refusal else {
            let condition = report.rung == .inplace ? ", when asked for: --isolation inplace --force" : ""
            return ["\(report.rung.rawValue): works\(condition)"]
        }
        return ["\(report.rung.rawValue): no: \(refusal)"]
            + report.remedies.map { "  \($0.place.title): \($0.line)" }
    }
}
