internal import ArgumentParser
internal import Jobs
internal import Manifest
internal import OCI
internal import Planning

/// `build-all warm`: base images ahead of the builds that need them.
struct WarmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "warm",
        abstract: "Fetches the base images of a manifest ahead of time, into the store or a shared folder.",
        discussion: """
            What FROM, COPY --from, mounts and docker-image:// contexts of the selected images name, each once, also what \
            ONBUILD of base images names. Into the store they are unpacked too: a build then only has to ask whether a tag \
            has moved, and with --offline not even that.

            build-all warm manifest.yaml                          into the store
            build-all warm manifest.yaml python-* --into /srv/bases
            build-all warm --image debian:bookworm --platform linux/amd64 --platform linux/arm64
            build-all manifest.yaml --offline
            build-all manifest.yaml --base-cache /srv/bases
            """)

    @Argument(help: "The batch manifest; not needed with --image.", completion: .file(extensions: ["yaml", "yml"]))
    var manifest: String?

    @Argument(help: "Which images' bases, as for build. Without any: all.")
    var select: [String] = []

    @Option(name: .customLong("var"), help: "Sets a variable of the manifest: NAME=VALUE. Repeat for more.")
    var variables: [String] = []

    @Option(help: "An image beside those of the manifest. Repeat for more.")
    var image: [String] = []

    @Option(help: "Fetch for this platform instead of those that the images are built for. Repeat for more.")
    var platform: [String] = []

    @Option(help: "A folder that others may read (an OCI image layout) instead of the store: see build --base-cache.")
    var into: String?

    @OptionGroup var state: StateOptions

    @Flag(help: "Wait for a run in the same state folder instead of failing with exit code 6.")
    var wait = false

    @Option(help: "Use this way of isolation to unpack and no other.")
    var isolation: String?

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print nothing but the digests.")
    var quiet = false

    func validate() throws {
        guard manifest != nil || !image.isEmpty else { throw ValidationError("a manifest or --image is needed") }
    }

    func run() async throws {
        let status = try await WarmSession(self).run()
        if status != .success { throw status }
    }

    // MARK: - What is meant

    func batch() throws -> BatchManifest? {
        let now = secondsNow()
        return try manifest.map {
            try ManifestFile.load($0, variables: variables, run: "warm", now: now)
        }
    }

    func platforms() throws -> [Platform] {
        try platform.map { text in
            do {
                return try Platform(text)
            } catch {
                throw CommandFailure(.usage, "--platform \(text): \(error)")
            }
        }
    }

    func references() throws -> [ImageReference] {
        try image.map { text in
            do {
                return try ImageReference(text)
            } catch {
                throw CommandFailure(.usage, "--image \(text): \(error)")
            }
        }
    }
}
