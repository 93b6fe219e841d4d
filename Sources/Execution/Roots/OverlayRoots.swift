internal import FileSystem
internal import Sandbox
internal import Storage
internal import SystemPackage

/// Root file systems as overlay mounts of the unpacked layers.
struct OverlayRoots: StepRoots {
    let chain: LayerChain
    let drafts: Drafts
    let store: LayerStore

    func withView<Result>(of layers: [ChainLayer], _ body: (OpenFile) throws -> Result) throws -> Result {
        try withMergedView(lowers: directories(of: layers)) { try body(OpenFile(borrowing: $0)) }
    }

    func lease(of layers: [ChainLayer]) throws -> RootLease { RootLease(try chain.directories(of: layers)) }

    func change(_ layers: [ChainLayer], _ change: (OpenFile) throws -> Void) throws -> StepWork {
        let place = try place(on: layers, mounts: [])
        try withMergedView(lowers: place.lowers, upper: place.upper, work: place.work) { root in
            try change(OpenFile(borrowing: root))
        }
        return try work(in: place)
    }

    func run<Result>(
        on layers: [ChainLayer], mounts: [StepMount], hostname: String, _ run: (StepPlace) throws -> Result
    ) throws -> (Result, StepWork) {
        let place = try place(on: layers, mounts: mounts)
        let result = try run(place)
        return (result, try work(in: place))
    }

    private func place(on layers: [ChainLayer], mounts: [StepMount]) throws -> StepPlace {
        StepPlace(
            lowers: try directories(of: layers), upper: try drafts.make("upper"), work: try drafts.make("work"),
            mounts: mounts)
    }

    private func work(in place: StepPlace) throws -> StepWork {
        try store.discard(place.work)
        return StepWork(upper: place.upper, lowers: place.lowers, holdsCopies: true)
    }

    /// Overlayfs needs one at least, so that nothing is an empty directory.
    private func directories(of layers: [ChainLayer]) throws -> [FilePath] {
        let directories = try chain.directories(of: layers)
        return directories.isEmpty ? [try drafts.emptyFolder()] : directories
    }
}
