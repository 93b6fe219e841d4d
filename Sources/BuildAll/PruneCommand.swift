internal import ArgumentParser
internal import FileSystem
internal import Ledger
internal import Manifest
internal import Reporting
internal import Scheduler
internal import Storage

/// `build-all prune`: what the state folder, or a cache repository, need not keep.
struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Removes what is not used any more: layers, blobs, cached steps, cache mounts, contexts, logs.",
        discussion: """
            What a run uses is kept, also one that runs now. What is removed is built or fetched again when it is needed. \
            Without a limit everything of the store goes; logs go by age, or when --class names them.

            build-all prune --dry-run                     what there is, and what each class would free
            build-all prune --keep 20GiB                  the least recently used goes until the rest fits
            build-all prune --older-than 30d              what was not used for a month, and logs of a month ago
            build-all prune --class mounts -v --dry-run   every cache mount with its id
            build-all prune --remote registry.example.com/cache --older-than 14d
            """)

    @OptionGroup var state: StateOptions

    @Option(help: "What was not used for so long goes: 7d, 36h.")
    var olderThan: String?

    @Option(help: "The least recently used goes until the rest takes so much at most: 20GiB. Logs do not count.")
    var keep: String?

    @Option(
        name: .customLong("class"),
        help: "Only these, by commas: \(StoreClass.allCases.map(\.rawValue).joined(separator: ", ")). Repeat for more.")
    var classes: [String] = []

    @Option(
        help: """
            A cache repository of a registry, or oci:FOLDER, instead: entries that were made as long ago as --older-than \
            says go. That option has to be given.
            """)
    var remote: String?

    @Option(
        help: "With --remote: a batch manifest, for its registries.", completion: .file(extensions: ["yaml", "yml"]))
    var manifest: String?

    @Flag(help: "Remove nothing, say what would be.")
    var dryRun = false

    @Flag(name: .shortAndLong, help: "List every item.")
    var verbose = false

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "Use this way of isolation to remove files of subordinate ids.")
    var isolation: String?

    func run() async throws {
        if let remote { return try await prune(remote) }
        guard manifest == nil else {
            throw CommandFailure(.usage, "--manifest: it says how the registry of --remote is reached")
        }
        let rules = try rules()
        let folder = try state.prepared()
        let report = try Pruning(folder).run(rules)
        if !report.foreign.isEmpty {
            let rung = try IsolationChoice(wanted: isolation, state: folder).rung
            try await RunSite.launcher(rung, folder).remove(report.foreign)
        }
        try show(StoreReport(report, listsItems: verbose, isDryRun: dryRun))
    }

    private func prune(_ remote: String) async throws {
        guard classes.isEmpty, keep == nil else {
            throw CommandFailure(.usage, "--remote: --class and --keep are for the state folder")
        }
        let pruning = RemotePrune(
            repository: remote, olderThan: olderThan, manifest: manifest, isDryRun: dryRun, listsItems: verbose)
        try show(try await pruning.run())
    }

    private func rules() throws -> PruneRules {
        var rules = PruneRules()
        rules.isDryRun = dryRun
        rules.unusedSince = try olderThan.map { Int64(secondsNow() - (try Moment.duration($0))) }
        rules.keepBytes = try keep.map(Self.size)
        let named = try classes.flatMap { $0.split(separator: ",") }.map { text in
            guard let kind = StoreClass(rawValue: text.trimmed) else {
                let known = StoreClass.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandFailure(.usage, "--class \(text): there are \(known)")
            }
            return kind
        }
        if !named.isEmpty { rules.classes = Set(named) } else if olderThan != nil { rules.classes.insert(.logs) }
        if named == [.logs], keep != nil {
            throw CommandFailure(.usage, "--keep: logs go by their age, see --older-than")
        }
        return rules
    }

    private static func size(_ text: String) throws -> Int64 {
        if text == "0" { return 0 }
        guard let size = Quantity.bytes(text) else {
            throw CommandFailure(.usage, "--keep \(text): a size is needed, as 20GiB, 500MB or 0")
        }
        return size
    }

    private func show(_ output: StoreReport) throws {
        if json {
            Console.standardOutput.write(try output.json())
        } else {
            Console.standardOutput.write(lines: output.lines(width: Console.standardOutput.size?.columns))
        }
    }
}

extension Substring {
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

extension StoreReport {
    init(_ report: PruneReport, listsItems: Bool = false, isDryRun: Bool) {
        let rows = report.rows.map { row in
            Row(
                name: row.kind.rawValue, items: row.items, sizeInBytes: row.sizeInBytes,
                removedItems: row.removedItems, removedBytes: row.removedBytes, itemsInUse: row.usedItems)
        }
        let removed = Set(report.removed.map(\.path))
        let items = report.items.sorted { ($0.lastUsed, $0.path) < ($1.lastUsed, $1.path) }.map { item in
            Item(
                type: item.kind.rawValue, path: item.path, id: item.title, sizeInBytes: item.sizeInBytes,
                lastUsed: Double(item.lastUsed.seconds), isRemoved: removed.contains(item.path))
        }
        self.init(rows, items: listsItems ? items : nil, isDryRun: isDryRun)
    }
}
