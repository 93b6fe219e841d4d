internal import CSandbox
internal import Glibc
public import SystemPackage

/// Whether a rung works here.
public struct RungReport: Equatable, Sendable {
    public let rung: Rung
    /// What was tried and how it failed; nil when the rung works.
    public let refusal: String?
    /// What to do about it, when that is certain.
    public let remedies: [RungRemedy]

    public var isUsable: Bool { refusal == nil }
}

/// Where this process has tried rungs, relative to a state folder with a `tmp`. What overlayfs leaves there has no permissions:
/// whoever tries removes these.
public func rungProbeFolders() -> [String] { Rung.allCases.map { RungProbe.folder(of: $0, in: "tmp/") } }

/// Tries the calls of rungs, in a child process and on the real state folder, which must exist. The first report that
/// is usable is the rung to take; `untilUsable` tries none below it.
public func probeRungs(
    _ rungs: [Rung] = Rung.automatic, stateFolder: FilePath, untilUsable: Bool = false
) -> [RungReport] {
    var reports: [RungReport] = []
    for rung in rungs where !untilUsable || !reports.contains(where: \.isUsable) {
        reports.append(probe(rung, stateFolder))
    }
    return reports
}

private func probe(_ rung: Rung, _ stateFolder: FilePath) -> RungReport {
    do throws(RungRefusal) {
        try RungProbe(rung: rung, stateFolder: stateFolder).run()
        return RungReport(rung: rung, refusal: nil, remedies: [])
    } catch {
        return RungReport(rung: rung, refusal: "\(error)", remedies: error.remedies)
    }
}
