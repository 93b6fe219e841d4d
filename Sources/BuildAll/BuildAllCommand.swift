internal import ArgumentParser

/// The root of the command line.
struct BuildAllCommand: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "build-all",
        abstract: "Builds every container image that a YAML manifest lists: many images, one command, no daemon.",
        discussion: """
            build-all manifest.yaml                 build everything
            build-all manifest.yaml python-* node+  what matches, and node with what builds on it
            build-all plan manifest.yaml            what would be built, in which order, and why
            build-all history ls --since 7d         what was built
            """,
        version: version,
        subcommands: [
            BuildCommand.self, PlanCommand.self, ExplainCommand.self, CheckCommand.self, ListCommand.self,
            ConfigCommand.self,
            SchemaCommand.self, HistoryCommand.self, DoctorCommand.self, ShellCommand.self,
            WarmCommand.self, PruneCommand.self, ExecutorCommand.self, WarmerCommand.self,
        ],
        defaultSubcommand: BuildCommand.self)
}
