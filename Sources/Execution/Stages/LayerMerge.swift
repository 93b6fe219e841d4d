internal import Jobs
internal import Layers
internal import OCI

/// Makes one layer of all that an image adds to its base.
struct LayerMerge {
    let job: Job
    let stores: Stores
    let chain: LayerChain

    /// The history keeps each instruction; the last that made a layer has the one.
    func run(on state: inout StageState) throws {
        let first = state.layers.firstIndex { $0.compression != nil } ?? state.layers.endIndex
        let added = state.layers[first...]
        guard added.count > 1 else { return }
        let merged = try present(added) {
            try mergeLayers(
                added.map { ($0.descriptor, $0.diffID) }, in: stores.blobs, compression: job.compression)
        }
        state.layers.replaceSubrange(
            first...,
            with: [ChainLayer(descriptor: merged.descriptor, diffID: merged.diffID, compression: job.compression)])
        let own = state.history.indices.filter { state.history[$0].emptyLayer != true }.suffix(added.count)
        for index in own.dropLast() { state.history[index].emptyLayer = true }
    }

    /// Calls with the blobs of all layers in the store.
    private func present<Result>(_ layers: ArraySlice<ChainLayer>, _ body: () throws -> Result) throws -> Result {
        guard let layer = layers.first else { return try body() }
        return try chain.withBlob(of: layer) { try present(layers.dropFirst(), body) }
    }
}
