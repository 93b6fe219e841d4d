internal import Manifest
internal import Sandbox
internal import Storage

/// The rung of the isolation ladder that a run stands on.
struct IsolationChoice {
    let rung: Rung

    /// The highest rung that works here, or the wanted one; throws with what is missing, and what would mend it.
    /// `force`: the files of the container around this process may be replaced.
    init(wanted: String?, force: Bool = false, state: StateFolder) throws {
        if let wanted, Rung(rawValue: wanted) == nil {
            let known = Rung.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(.usage, "--isolation \(wanted): this version has \(known)")
        }
        if wanted == Rung.inplace.rawValue, !force { throw CommandFailure(.usage, Self.needsForce) }
        let rungs = wanted.flatMap { Rung(rawValue: $0) }.map { [$0] } ?? Rung.automatic
        let reports = try RungSurvey.reports(state, of: rungs, untilUsable: true)
        guard let usable = reports.last, usable.isUsable else {
            let problem = wanted.map { "this machine cannot isolate build steps by \($0):" }
            let refusals = (reports.flatMap(RungSurvey.lines) + (try Self.lastWay(wanted, state))).map { "  \($0)" }
            throw CommandFailure(
                .host,
                ([problem ?? "this machine cannot isolate build steps:"] + refusals).joined(separator: "\n"))
        }
        rung = usable.rung
    }

    private static let needsForce = """
        --isolation inplace replaces the files of the container that it runs in by those of the image: \
        add --force in a container that is thrown away
        """

    /// What works when asked for.
    private static func lastWay(_ wanted: String?, _ state: StateFolder) throws -> [String] {
        guard wanted == nil, try RungSurvey.reports(state, of: [.inplace]).contains(where: \.isUsable) else {
            return []
        }
        return ["inplace: works, in a container that is thrown away: --isolation inplace --force"]
    }

    /// `isolation:` of an image is the least that will do.
    func check(_ batch: BatchManifest) throws {
        let ladder = ImageSpec.Isolation.allCases.map(\.rawValue)
        guard let here = ladder.firstIndex(of: rung.rawValue) else { return }
        for image in batch.images {
            guard let wanted = image.isolation, let least = ladder.firstIndex(of: wanted.value.rawValue),
                here > least
            else { continue }
            throw CommandFailure(
                .host,
                "\(wanted.mark): \(image.name) wants isolation \(wanted.value.rawValue) at least, this machine gives \(rung.rawValue): see build-all doctor"
            )
        }
    }
}
