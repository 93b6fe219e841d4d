internal import Contexts
internal import Planning
internal import Storage

/// What answers to executors are made of, once for all attempts of a run.
struct RunServices: Sendable {
    let environment: RunEnvironment
    let library: ImageLibrary
    let sources: SourceLibrary
    let keys: KeyAgents
    let cache: SharedCache

    var state: StateFolder { environment.state }

    init(environment: RunEnvironment, library: ImageLibrary, cache: SharedCache) throws(StorageError) {
        self.cache = cache
        self.environment = environment
        self.library = library
        sources =
            if let sources = environment.sources {
                sources
            } else {
                try SourceLibrary(
                    blobs: environment.blobs, state: environment.state, configuration: environment.contexts,
                    isOffline: environment.bases.isOffline)
            }
        keys = KeyAgents(folder: environment.state.temporary)
    }

    /// Ends what runs for all: no attempt asks any more.
    func close() { keys.close() }
}
