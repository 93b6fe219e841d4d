internal import Sandbox
internal import Storage

/// Which rungs of the isolation ladder work on a state folder.
enum RungSurvey {
    /// Tries all. What overlayfs leaves of that has no permissions, and is removed here: not every command sweeps.
    static func reports(_ state: StateFolder) throws -> [RungReport] {
        let reports = probeRungs(stateFolder: state.root)
        _ = try state.removeLeftovers(rungProbeFolders())
        return reports
    }
}
