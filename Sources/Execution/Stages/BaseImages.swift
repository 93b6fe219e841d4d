internal import Jobs
internal import OCI
internal import Storage
internal import Threads

/// The images that stages stand on or copy from, each asked for once.
final class BaseImages: Sendable {
    private enum Slot {
        case pending
        case ready(StageState)
    }

    private let job: Job
    private let blobs: BlobStore
    private let scheduler: any SchedulerLink
    private let slots = Monitor<[String: Slot]>([:])

    init(job: Job, blobs: BlobStore, scheduler: any SchedulerLink) {
        self.job = job
        self.blobs = blobs
        self.scheduler = scheduler
    }

    func image(_ reference: ImageReference, platform: Platform, role: Material.Role) throws -> StageState {
        try image(key: "\(reference) \(platform)", request: .resolve(reference, platform), role: role)
    }

    /// The image that a named context stands for.
    func named(_ name: String, platform: Platform) throws -> StageState {
        switch job.namedContexts[name] {
        case .image(let reference)?: try image(reference, platform: platform, role: .base)
        case .sibling(let sibling)?:
            try image(key: "image:\(sibling)", request: .resolveSibling(image: sibling), role: .parent)
        case .layout(let folder, let reference)?:
            try image(
                key: "oci-layout:\(folder) \(reference ?? "")",
                request: .resolveLayout(folder: folder, reference: reference, platform), role: .base)
        case .scratch?: .scratch(job.platform)
        case .folder?, .git?, .archive?, .fetched?:
            throw ExecutionError.invalidArgument("the context \"\(name)\" is a folder: it cannot be a base image")
        case nil: throw ExecutionError.protocolViolation("there is no context \"\(name)\"")
        }
    }

    private func image(key: String, request: ExecutorRequest, role: Material.Role) throws -> StageState {
        let known = slots.wait { (slots: inout [String: Slot]) -> StageState?? in
            switch slots[key] {
            case .pending?: return nil
            case .ready(let state)?: return .some(state)
            case nil:
                slots[key] = .pending
                return .some(nil)
            }
        }
        if let known { return known }
        do {
            let state = try resolve(request, role: role)
            slots.change { $0[key] = .ready(state) }
            return state
        } catch {
            slots.change { $0[key] = nil }
            throw error
        }
    }

    private func resolve(_ request: ExecutorRequest, role: Material.Role) throws -> StageState {
        switch try scheduler.request(request) {
        case .resolved(let image):
            let role = image.source == nil && role == .base ? .parent : role
            try scheduler.send(
                .material(Material(role: role, reference: image.reference, digest: image.manifest.digest)))
            return try state(of: image)
        case .failed(let failure): throw ExecutionError.imageUnavailable(failure)
        default: throw ExecutionError.protocolViolation("no image where one was asked for")
        }
    }

    private func state(of image: ResolvedImage) throws -> StageState {
        let config = try OCIDocument.decode(ImageConfig.self, from: blobs.read(image.config.digest))
        let layers = zip(image.layers, image.diffIDs).enumerated().map { index, layer in
            ChainLayer(
                descriptor: layer.0, diffID: layer.1,
                origin: image.source == nil ? nil : ChainLayer.Origin(image: image, index: index))
        }
        return StageState(image: config, layers: layers, digest: image.manifest.digest)
    }
}
