internal import Jobs
internal import Layers
internal import OCI
internal import Storage
internal import SystemPackage

/// Makes the layers of an image present as directories, as late as possible: only when a step runs on them.
final class LayerChain: Sendable {
    /// OVL_MAX_STACK of the kernel, less the two that the sandbox lays below and above for mount points.
    private static let mostLayers = 498

    private let store: LayerStore
    private let blobs: BlobStore
    private let steps: StepCache
    private let scheduler: any SchedulerLink

    init(_ stores: Stores, scheduler: any SchedulerLink) {
        store = stores.layers
        blobs = stores.blobs
        steps = stores.steps
        self.scheduler = scheduler
    }

    /// The directories of the layers as overlayfs wants them: the topmost first, none twice (ELOOP). Of equal layers the
    /// topmost stays: what it holds and hides is above all that the others do.
    func directories(of layers: [ChainLayer]) throws -> [FilePath] {
        try fetchMissing(layers)
        var lowers: [FilePath] = []
        for layer in layers {
            let directory = try store.withDirectory(of: layer.diffID) { folder in
                try checking(layer) { try unpack(layer, into: folder, lowers: lowers) }
            }
            lowers.removeAll { $0 == directory }
            lowers.insert(directory, at: 0)
        }
        guard lowers.count <= Self.mostLayers else { throw ExecutionError.tooManyLayers(most: Self.mostLayers) }
        return lowers
    }

    /// The directory of each of the layers, from the base up.
    func folders(of layers: [ChainLayer]) throws -> [FilePath] {
        _ = try directories(of: layers)
        return try layers.map { layer in
            try store.withDirectory(of: layer.diffID) { try unpack(layer, into: $0, lowers: []) }
        }
    }

    /// Asks for blobs that are neither unpacked nor in the store, all of one image at once; `isPacked`: also for those of
    /// unpacked layers.
    private func fetchMissing(_ layers: [ChainLayer], isPacked: Bool = false) throws {
        var missing: [ResolvedImage: [Int]] = [:]
        for layer in layers {
            guard layer.origin != nil || layer.key != nil, try store.directory(of: layer.diffID) == nil else {
                continue
            }
            if try blobs.size(of: layer.descriptor.digest) == layer.descriptor.size { continue }
            if let key = layer.key { try fetch(layer.descriptor, of: key) }
            guard let origin = layer.origin else { continue }
            missing[origin.image, default: []].append(origin.index)
        }
        for (image, indices) in missing {
            switch try scheduler.request(.fetchLayers(of: image, indices: indices)) {
            case .fetched: continue
            case .failed(let failure): throw ExecutionError.imageUnavailable(failure)
            default: throw ExecutionError.protocolViolation("an image where layers were asked for")
            }
        }
    }

    /// Calls with the layer's blob in the store.
    func withBlob<Result>(of layer: ChainLayer, _ body: () throws -> Result) throws -> Result {
        try fetchMissing([layer], isPacked: true)
        return try checking(layer, body)
    }

    private func fetch(_ layer: Descriptor, of key: Digest) throws {
        switch try scheduler.request(.fetchStep(key: key, layer: layer)) {
        case .fetched: return
        case .failed(let failure): throw try lost(key, failure.summary)
        default: throw ExecutionError.protocolViolation("something else where a layer was asked for")
        }
    }

    /// A layer whose bytes are others is forgotten, and with it the cached step that it is said to be of; one that the disk
    /// has no room for is not to blame.
    private func checking<Result>(_ layer: ChainLayer, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as LayersError {
            switch error {
            case .cannotUnpack, .unmappedOwner, .tooLarge: throw error
            default: break
            }
            if let key = layer.key { throw try lost(key, "\(error)") }
            try blobs.remove(layer.descriptor.digest)
            _ = try scheduler.request(.distrustLayer(layer.descriptor.digest))
            throw error
        }
    }

    private func lost(_ key: Digest, _ reason: String) throws -> LostStep {
        try steps.forget(key)
        _ = try scheduler.request(.distrustStep(key: key, reason: reason))
        return LostStep(key: key, reason: reason)
    }

    private func unpack(_ layer: ChainLayer, into folder: FilePath, lowers: [FilePath]) throws {
        try scheduler.send(
            .progress(
                Progress(
                    activity: "unpacking \(layer.diffID.short)", bytesDone: 0, bytesTotal: layer.descriptor.size)))
        try unpackLayer(layer.descriptor, diffID: layer.diffID, from: blobs, into: folder, lowers: lowers)
    }
}
