internal import FileSystem
internal import Ledger
internal import Manifest
internal import Reporting
internal import Scheduler
internal import Storage

/// `retain:` of a manifest, at the end of a run that still has the folder: nothing that it used goes.
struct Retention {
    /// A run does not get longer than this by it; what is left goes after the next one.
    private static let patience = Duration.seconds(10)

    private let spec: RetainSpec
    private let site: RunSite

    init(_ spec: RetainSpec, _ site: RunSite) {
        self.spec = spec
        self.site = site
    }

    /// What to say of it; nil if nothing went.
    func apply() async throws -> String? {
        guard spec != RetainSpec() else { return nil }
        let end = ContinuousClock.now + Self.patience
        let report = try Pruning(site.state).run(try rules()) { ContinuousClock.now > end }
        if !report.foreign.isEmpty { try await site.launcher.remove(report.foreign) }
        var lines = [StoreReport(report, isDryRun: false).summary].compactMap(\.self)
        if let limit = spec.storeInBytes, !report.isPartial, report.storeBytes > limit {
            lines.append(
                "the store takes \(report.storeBytes) bytes, more than retain.store: this run used what is there")
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    private func rules() throws -> PruneRules {
        let now = FileTime.now.seconds
        var rules = PruneRules()
        rules.classes = []
        if let limit = spec.storeInBytes {
            rules.classes = Set(StoreClass.store)
            rules.keepBytes = limit
        }
        if spec.logs != nil || spec.failedLogs != nil {
            rules.classes.insert(.logs)
            rules.logsSince = spec.logs.map { now - $0.components.seconds } ?? .min
            rules.failedLogsSince = (spec.failedLogs ?? spec.logs).map { now - $0.components.seconds }
            rules.failedLogs = try LedgerReader(site.state.ledger).failedLogs()
        }
        return rules
    }
}
