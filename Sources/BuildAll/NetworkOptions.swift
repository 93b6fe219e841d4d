internal import ArgumentParser
internal import Manifest
internal import Planning
internal import Scheduler
internal import Storage
internal import SystemPackage

/// Whom a command may ask for base images, contexts and cached steps.
struct NetworkOptions: ParsableArguments {
    @Flag(
        help: """
            Ask no registry, repository or URL: base images and contexts are what they were when they were fetched last. \
            What steps do with the network is theirs.
            """)
    var offline = false

    @Option(
        help: ArgumentHelp(
            """
            A folder of base images that warm --into filled; read before the registry, which still says what a tag is. \
            Repeat for more. Else BUILD_ALL_BASE_CACHE, several with colons between them.
            """, valueName: "dir"))
    var baseCache: [String] = []

    /// Folders of flags, else of the environment.
    func bases(_ state: StateFolder) throws -> BaseSources {
        var bases = BaseSources()
        let named = Environment.all["BUILD_ALL_BASE_CACHE"]?.split(separator: ":").map(String.init) ?? []
        bases.caches = try (baseCache.isEmpty ? named : baseCache).map { folder in
            do {
                return try BaseCache(FilePath.absolute(folder))
            } catch {
                throw CommandFailure(.usage, "--base-cache \(folder): \(error)")
            }
        }
        bases.records = try ReferenceRecords(state)
        bases.isOffline = offline
        return bases
    }

    /// `warn` is called for what the user should know, but that stops nothing.
    func registry(
        _ batch: BatchManifest, warn: @escaping @Sendable (String) async -> Void
    ) throws -> any ImageRegistry {
        offline ? OfflineRegistry() : try RegistrySettings.client(batch, warn: warn)
    }

    /// Offline, images whose bases this machine does not know fail before they begin.
    func checked(_ plan: BuildPlan, _ bases: BaseSources, blobs: BlobStore) throws -> BuildPlan {
        offline ? try plan.offline(bases, blobs: blobs) : plan
    }

    /// The same again, for a command that is proposed.
    var words: [String] { (offline ? ["--offline"] : []) + baseCache.flatMap { ["--base-cache", $0] } }
}
