public import ArgumentParser
internal import FileSystem
public import Jobs
internal import Ledger
public import Reporting
internal import Storage
internal import SystemPackage

/// `build-all history`: questions about what was built.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Asks what was built, when, from what, and how it went.",
        subcommands: [List.self, Show.self, Why.self, Logs.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "Lists builds, the newest first.")

        @OptionGroup var state: StateOptions

        @Option(help: "An image, or a pattern: python-*.")
        var image: String?

        @Option(help: "A status: \(BuildStatus.allCases.map(\.rawValue).joined(separator: ", ")). Repeat for more.")
        var status: [BuildStatus] = []

        @Option(help: "Builds that ended since then: 7d, 36h, 2026-11-02, 2026-11-02T03:00:00Z.")
        var since: String?

        @Option(help: "Builds that ended before then.")
        var until: String?

        @Option(help: "Builds that took longer: 90s, 5m.")
        var slowerThan: String?

        @Option(help: "Builds on a base image with this digest, or one that begins so.")
        var base: String?

        @Option(name: .customLong("run"), help: "Builds of one run.")
        var runIdentifier: String?

        @Option(help: "At most so many.")
        var limit = 50

        @Option(help: "table, json, ndjson or csv.")
        var format: HistoryFormat = .table

        func run() throws {
            var filter = HistoryFilter()
            filter.image = image
            filter.statuses = status
            filter.since = try since.map { try Moment.seconds($0, now: secondsNow()) }
            filter.until = try until.map { try Moment.seconds($0, now: secondsNow()) }
            filter.slowerThanInSeconds = try slowerThan.map(Moment.duration)
            filter.base = base
            filter.run = runIdentifier
            guard limit > 0 else { throw CommandFailure(.usage, "--limit \(limit): a number above 0 is needed") }
            filter.limit = limit
            let builds = try asking { try LedgerReader(state.path().appending("ledger.sqlite")).builds(filter) }
            let report = HistoryReport(width: Console.standardOutput.size?.columns)
            Console.standardOutput.write(try report.list(builds, format))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Shows one build with its steps, materials and tags.")

        @OptionGroup var state: StateOptions

        @Argument(
            help: "An image (its latest build), IMAGE^1 (the one before), a build's id or a digest, or their beginning."
        )
        var build: String

        @Option(help: "table, json, ndjson or csv.")
        var format: HistoryFormat = .table

        func run() throws {
            let detail = try asking { try LedgerReader(state.path().appending("ledger.sqlite")).detail(of: build) }
            let report = HistoryReport(width: Console.standardOutput.size?.columns)
            Console.standardOutput.write(try report.show(detail, format))
        }
    }

    struct Why: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "why", abstract: "Names the first step of a build that the cache had not, and what changed.")

        @OptionGroup var state: StateOptions

        @Argument(help: "As for `history show`.")
        var build: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let detail = try asking { try LedgerReader(state.path().appending("ledger.sqlite")).detail(of: build) }
            let report = HistoryReport(width: Console.standardOutput.size?.columns)
            Console.standardOutput.write(try report.why(detail, asJSON: json))
        }
    }

    struct Logs: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "logs", abstract: "Prints the whole log of one build.",
            discussion: "To a terminal control characters are escaped; elsewhere the bytes are as the steps wrote them."
        )

        @OptionGroup var state: StateOptions

        @Argument(help: "As for `history show`.")
        var build: String

        func run() throws {
            let folder = try state.path()
            let detail = try asking { try LedgerReader(folder.appending("ledger.sqlite")).detail(of: build) }
            guard let log = detail.build.log else {
                throw CommandFailure(
                    .usage, "build \(detail.build.build) of \(detail.build.image) never started: it has no log")
            }
            let path = folder.appending(log)
            let bytes: [UInt8]
            do throws(SystemError) {
                bytes = try OpenFile.open(path.string, [.read]).readAll(limit: 1 << 31) ?? []
            } catch  where error.isNotFound {
                throw CommandFailure(
                    .usage,
                    "the log of build \(detail.build.build) of \(detail.build.image) was pruned; history show has its steps"
                )
            } catch {
                throw CommandFailure(.usage, "the log \(path) cannot be read: \(error)")
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let lines = DisplayText.lines(of: text)
            let isTerminal = Console.standardOutput.isTerminal
            Console.standardOutput.write(
                isTerminal ? lines.map(DisplayText.escaped).joined(separator: "\n") : text)
        }
    }
}

/// What the ledger does not know is wrong usage; what cannot be read is the machine's fault.
private func asking<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as LedgerError {
        switch error {
        case .notFound, .ambiguous, .badQuery: throw CommandFailure(.usage, "\(error)")
        case .unusable, .damaged, .newerSchema, .cannotWrite: throw CommandFailure(.host, "\(error)")
        }
    }
}

extension BuildStatus: ExpressibleByArgument {}
extension HistoryFormat: ExpressibleByArgument {}
