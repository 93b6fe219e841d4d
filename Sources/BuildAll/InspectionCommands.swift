internal import ArgumentParser
internal import Jobs
internal import Ledger
internal import Manifest
internal import Planning
internal import Reporting
internal import SystemPackage

/// `build-all plan`: order and reasons, without building.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Shows what would be built, in which order, and why.",
        discussion:
            "Contexts from elsewhere whose Dockerfiles say what is built on what are fetched into the state folder.")

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var state: StateOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let now = secondsNow()
        let batch = try manifest.load(run: ULID.make(at: now), now: now)
        var options = PlanOptions()
        options.seconds = try LedgerReader(state.path().appending("ledger.sqlite")).durations()
        let report = try await manifest.plan(batch, options, fetchingInto: state, onlyRead: true).report
        if json {
            Console.standardOutput.write(try PlanText(report).json())
        } else {
            Console.standardOutput.write(lines: PlanText(report).lines(width: Console.standardOutput.size?.columns))
        }
    }
}

/// `build-all list`: the names.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the images, a name a line.",
        discussion: "With x+ contexts from elsewhere are fetched into the state folder, as for plan.")

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var state: StateOptions

    func run() async throws {
        let now = secondsNow()
        let batch = try manifest.load(run: ULID.make(at: now), now: now)
        Console.standardOutput.write(lines: try await plan(batch).images.filter(\.isSelected).map(\.name))
    }

    /// What is built on an image hangs on all Dockerfiles; names are known without.
    private func plan(_ batch: BatchManifest) async throws -> BuildPlan {
        guard manifest.select.contains(where: { $0.hasSuffix("+") }) else {
            return try manifest.plan(batch, PlanOptions())
        }
        return try await manifest.plan(batch, PlanOptions(), fetchingInto: state, onlyRead: true)
    }
}

/// `build-all config`: the manifest with everything worked in.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Prints the manifest with includes, defaults, matrices and variables worked in.")

    @OptionGroup var manifest: ManifestOptions

    func run() throws {
        let now = secondsNow()
        Console.standardOutput.write(try manifest.load(run: ULID.make(at: now), now: now).rendered)
    }
}

/// `build-all schema`: for editors.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Prints the JSON Schema of the manifest.")

    func run() throws {
        Console.standardOutput.write(BatchManifest.jsonSchema)
    }
}
