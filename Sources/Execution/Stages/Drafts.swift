internal import Storage
internal import SystemPackage
internal import Threads

/// Folders below `tmp/` that steps are made in; those that became layers are gone from there.
final class Drafts: Sendable {
    private struct State {
        var folders: [FilePath] = []
        var empty: FilePath?
    }

    private let store: LayerStore
    private let state = Monitor(State())

    init(store: LayerStore) {
        self.store = store
    }

    func make(_ prefix: String) throws -> FilePath {
        let path = try store.makeTemporary(prefix)
        state.change { $0.folders.append(path) }
        return path
    }

    /// A lower layer for what stands on nothing; made when it is needed.
    func emptyFolder() throws -> FilePath {
        if let empty = state.change({ $0.empty }) { return empty }
        let made = try make("empty")
        state.change { $0.empty = made }
        return made
    }

    /// A failed step may have filled the disk: it is free again before the failure is told, and so can be recorded.
    func remove() {
        for path in state.change({ $0.folders }) {
            do {
                try store.discard(path)
            } catch {
                // It became a layer, or is swept when the run ends.
                _ = error
            }
        }
    }
}
