internal import Manifest
internal import Sandbox
internal import Storage

/// The rung of the isolation ladder that a run stands on.
struct IsolationChoice {
    let rung: Rung

    /// The highest rung that works here, or the wanted one; throws with what is missing, and what would mend it.
    init(wanted: String?, state: StateFolder) throws {
        if wanted == ImageSpec.Isolation.inplace.rawValue { throw CommandFailure(.host, Self.inplaceRefusal) }
        if let wanted, Rung(rawValue: wanted) == nil {
            let known = Rung.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(.usage, "--isolation \(wanted): this version has \(known)")
        }
        let rungs = wanted.flatMap(Rung.init).map { [$0] } ?? Rung.allCases
        let reports = try RungSurvey.reports(state, of: rungs, untilUsable: true)
        guard let usable = reports.last, usable.isUsable else {
            let problem = wanted.map { "this machine cannot isolate build steps by \($0):" }
            let refusals = reports.flatMap(RungSurvey.lines).map { "  \($0)" }
            throw CommandFailure(
                .host,
                ([problem ?? "this machine cannot isolate build steps:"] + refusals).joined(separator: "\n"))
        }
        rung = usable.rung
    }

    private static let inplaceRefusal = """
        --isolation inplace: images are not unpacked over a container's own root, where no step could be kept from its files:
          allow jail, by the capabilities FSETID, KILL, MKNOD and SYS_CHROOT (Docker gives them by default; in a pod
          securityContext: {capabilities: {add: [FSETID, KILL, MKNOD, SYS_CHROOT]}})
        """

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
