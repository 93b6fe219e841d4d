internal import FileSystem
internal import Sandbox
internal import Storage
internal import SystemPackage
internal import Threads

/// Root file systems where steps have none of their own: one after the other they run in the root of the container, which
/// becomes the image's for that. What is only read or written to by the executor is in folders, as in a jail.
final class InPlaceRoots: StepRoots {
    private let folders: FolderRoots
    private let place: FolderRoots
    private let container: InPlaceContainer

    init(chain: LayerChain, drafts: Drafts, store: LayerStore, container: InPlaceContainer) {
        self.container = container
        folders = FolderRoots(chain: chain, drafts: drafts, store: store)
        place = FolderRoots(
            chain: chain, drafts: drafts, store: store, place: RootFolder(container.root, kept: container.kept),
            tellCovered: container.warn(ofCovered:))
    }

    func withView<Result>(of layers: [ChainLayer], _ body: (OpenFile) throws -> Result) throws -> Result {
        try folders.withView(of: layers, body)
    }

    func lease(of layers: [ChainLayer]) throws -> RootLease { try folders.lease(of: layers) }

    func change(_ layers: [ChainLayer], _ change: (OpenFile) throws -> Void) throws -> StepWork {
        try folders.change(layers, change)
    }

    func run<Result>(
        on layers: [ChainLayer], mounts: [StepMount], hostname: String, _ run: (StepPlace) throws -> Result
    ) throws -> (Result, StepWork) {
        try container.close()
        return try place.run(on: layers, mounts: mounts, hostname: hostname) { place in
            try container.checkClosed()
            return try run(place)
        }
    }

    func end() throws { try container.open() }
}
