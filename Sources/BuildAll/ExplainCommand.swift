internal import ArgumentParser

/// `build-all explain manifest.yaml IMAGE`: what would run, and why.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Says which steps of an image would run, and what changed; runs none.",
        discussion: """
            Every step is looked up as a build would look it up, in the store and in the caches of the manifest. Nothing is \
            run, recorded or made. What is behind a step that would run cannot be known before it has run.

            build-all explain manifest.yaml python
            build-all explain manifest.yaml --exit-code    # 10 if anything would run
            """)

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var state: StateOptions
    @OptionGroup var network: NetworkOptions

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "End with 10 if a step would run.")
    var exitCode = false

    @Flag(help: "Wait for another run in the same state folder instead of failing with exit code 6.")
    var wait = false

    @Option(help: "Use this way of isolation and no other, such as shifted, subid or jail.")
    var isolation: String?

    func run() async throws {
        let status = try await ExplainSession(self).run()
        if status != .success { throw status }
    }
}
