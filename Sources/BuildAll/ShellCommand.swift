internal import ArgumentParser

/// `build-all shell manifest.yaml IMAGE`: looks inside.
struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "Opens a shell in an image as it was before the step that fails, in the same sandbox.",
        discussion: """
            What the image needs is built first, from the cache where it can be. The step that failed in the last build is \
            not run again: the shell opens before it, with its mounts, user and environment. When no step fails, it opens in \
            the finished image. What is done there is thrown away. The exit code is the shell's.

            build-all shell manifest.yaml python
            build-all shell manifest.yaml python --before 12
            build-all shell manifest.yaml python -- ls -l /usr/local
            """)

    @OptionGroup var manifest: ManifestFile

    @Argument(help: "The image.")
    var image: String

    @OptionGroup var state: StateOptions
    @OptionGroup var network: NetworkOptions

    @Option(help: "Open before the instruction at this line of the Dockerfile.")
    var before: Int?

    @Option(help: "Use this way of isolation and no other, such as shifted, subid or jail.")
    var isolation: String?

    @Flag(help: "With --isolation inplace: the files of the container around may be replaced.")
    var force = false

    @Argument(parsing: .postTerminator, help: "After --: what to run instead of the shell.")
    var command: [String] = []

    func run() async throws {
        let code = try await ShellSession(self).run()
        if code != 0 { throw ExitCode(Int32(code)) }
    }
}
