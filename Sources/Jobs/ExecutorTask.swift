/// What an executor is started for.
public enum ExecutorTask: Hashable, Sendable, Codable {
    case build(Job)
    /// Removes what interrupted runs left in the store and their user may not remove: files of subordinate ids.
    case sweep
    /// Removes these things of the store, relative to the state folder, which their user may not remove.
    case remove([String])
    /// Unpacks layers whose blobs are in the store.
    case unpack(LayerStack)
}
