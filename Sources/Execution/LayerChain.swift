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
    private let scheduler: any SchedulerLink

    init(store: LayerStore, blobs: BlobStore, scheduler: any SchedulerLink) {
        self.store = store
        self.blobs = blobs
        self.scheduler = scheduler
    }

    /// The directories of the layers as overlayfs wants them: the topmost first, none twice (ELOOP). Of equal layers the
    /// topmost stays: what it holds and hides is above all that the others do.
    func directories(of layers: [ChainLayer]) throws -> [FilePath] {
        try fetchMissing(layers)
        var lowers: [FilePath] = []
        for layer in layers {
            let directory = try store.withDirectory(of: layer.diffID) { folder in
                try unpack(layer, into: folder, lowers: lowers)
            }
            lowers.removeAll { $0 == directory }
            lowers.insert(directory, at: 0)
        }
        guard lowers.count <= Self.mostLayers else { throw ExecutionError.tooManyLayers(most: Self.mostLayers) }
        return lowers
    }

    /// Asks for blobs that are neither unpacked nor in the store, all of one image at once.
    private func fetchMissing(_ layers: [ChainLayer]) throws {
        var missing: [ResolvedImage: [Int]] = [:]
        for layer in layers {
            guard let origin = layer.origin, try store.directory(of: layer.diffID) == nil else { continue }
            if try blobs.size(of: layer.descriptor.digest) == layer.descriptor.size { continue }
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

    private func unpack(_ layer: ChainLayer, into folder: FilePath, lowers: [FilePath]) throws {
        try scheduler.send(
            .progress(
                Progress(
                    activity: "unpacking \(layer.diffID.short)", bytesDone: 0, bytesTotal: layer.descriptor.size)))
        try unpackLayer(layer.descriptor, diffID: layer.diffID, from: blobs, into: folder, lowers: lowers)
    }
}
