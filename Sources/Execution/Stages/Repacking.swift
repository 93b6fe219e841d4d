internal import Jobs
internal import Layers
internal import OCI
internal import Storage

/// Gives the layers that steps made the compression that the image asks for, where the cache had them in another one.
struct Repacking {
    let compression: LayerCompression
    let stores: Stores
    let chain: LayerChain

    /// The layers of base images stay as they are. What was packed anew once is found the next time.
    func layers(_ layers: [ChainLayer]) throws -> [ChainLayer] {
        try layers.map { layer in
            guard let present = layer.compression, present != compression else { return layer }
            var layer = layer
            layer.descriptor = try packed(layer)
            layer.compression = compression
            return layer
        }
    }

    private func packed(_ layer: ChainLayer) throws -> Descriptor {
        var key = StepKey(kind: "repack", platform: .host)
        key.add("layer", layer.diffID.description)
        key.add("compression", compression.description)
        if let known = try stores.steps.find(key.digest)?.layer { return known }
        let descriptor = try chain.withBlob(of: layer) {
            try repackLayer(layer.descriptor, diffID: layer.diffID, in: stores.blobs, to: compression)
        }
        let record = StepRecord(
            layer: descriptor, diffID: layer.diffID, created: "", parts: key.summary, compression: compression)
        try stores.steps.record(record, key: key.digest, place: key.digest.hex)
        return descriptor
    }
}
