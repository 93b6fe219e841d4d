internal import ArgumentParser
internal import Kaniko
internal import Manifest
internal import Reporting

/// One call of `warmer`.
struct WarmerCall {
    private let arguments: [String]

    init(_ arguments: [String]) { self.arguments = arguments }

    func run() async throws -> Int32 {
        if arguments.first == "version" {
            Console.standardOutput.write("build-all \(BuildAllCommand.version)\n")
            return 0
        }
        let flags = try GivenFlags(arguments, of: Flag.warmer)
        if flags.asksForHelp {
            Console.standardOutput.write(HelpText.warmer)
            return 0
        }
        return try await warm(WarmerOptions(flags, .ofProcess))
    }

    private func warm(_ options: WarmerOptions) async throws -> Int32 {
        let screen = ExecutorScreen(options.log, started: secondsNow())
        for note in options.notes { await screen.say(.info, note) }
        let batch = try await batch(options)
        let client = try KanikoRegistry(options.registries, folder: SiteOptions.usualFolder)
            .client { [screen] in await screen.say(.warn, $0) }
        var command = try WarmCommand.parse(["--image", "scratch"])
        command.image = options.images
        command.platform = options.platform.map { [$0] } ?? []
        command.into = options.folder
        let result = try await WarmSession(command, batch: batch, registry: client).counts()
        // Some of several images are better than none.
        return result.warmed > 0 || result.failed == 0 ? 0 : 1
    }

    /// The Dockerfile's base images are those of an image that nobody builds.
    private func batch(_ options: WarmerOptions) async throws -> BatchManifest? {
        guard let place = options.dockerfile else { return nil }
        let isRemote = place.hasPrefix("http://") || place.hasPrefix("https://")
        let text = isRemote ? try await RemoteText.get(place) : nil
        let context = ExpansionContext(run: "warmer", now: 0, git: GitFolder.facts)
        do {
            return try BatchManifest.load(
                text: options.manifest(dockerfile: text), name: ExecutorRun.manifestName, context: context)
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }
}
