internal import OCI
internal import Registry

/// Asks before a build whether its result may be pushed at all.
struct PushCheck {
    private let repositories: [ImageReference]
    private let client: RegistryClient

    init(_ destinations: [ImageReference], _ client: RegistryClient) {
        var seen: Set<String> = []
        repositories = destinations.filter { seen.insert($0.name).inserted }
        self.client = client
    }

    /// Throws for the first that may not.
    func run() async throws {
        for repository in repositories {
            do {
                try await client.checkPush(to: repository)
            } catch let error as RegistryError {
                throw CommandFailure(
                    .imageFailed,
                    "error checking push permissions -- make sure you entered the correct tag name, and that you are authenticated correctly, and try again: \(error)"
                )
            }
        }
    }
}
