internal import ArgumentParser
internal import OCI
internal import Reporting
internal import Storage

/// `build-all prune`: caches of `RUN --mount=type=cache`.
struct PruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Removes the caches of RUN --mount=type=cache that were not used for a while.",
        discussion: """
            A cache that a step uses now is kept. Layers, blobs and logs are not pruned by this version.

            build-all prune --dry-run                 what there is, and what would go
            build-all prune --older-than 7d
            """)

    @OptionGroup var state: StateOptions

    @Option(help: "Only what was not used for so long: 7d, 36h. Without it: all.")
    var olderThan: String?

    @Flag(help: "Remove nothing, say what would be.")
    var dryRun = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let limit = try olderThan.map { secondsNow() - (try Moment.duration($0)) } ?? .infinity
        let store = try MountStore(state.prepared())
        let rows = try store.entries().map { entry in
            CacheReport.Row(
                id: entry.id, sizeInBytes: entry.sizeInBytes, lastUsed: Double(entry.lastUsed),
                fate: try fate(of: entry, in: store, limit: limit))
        }
        if json {
            Console.standardOutput.write(String(decoding: try OCIDocument.encode(rows), as: UTF8.self) + "\n")
        } else {
            Console.standardOutput.write(lines: CacheReport(rows).lines(width: Console.standardOutput.size?.columns))
        }
    }

    private func fate(of entry: MountEntry, in store: MountStore, limit: Double) throws -> CacheReport.Row.Fate {
        guard Double(entry.lastUsed) < limit else { return .kept }
        if dryRun { return .removable }
        return try store.remove(entry) ? .removed : .inUse
    }
}
