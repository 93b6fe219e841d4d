internal import Jobs
internal import OCI
internal import Storage
internal import Synchronization

/// The steps of an image of a registry, as its list says, which refers to the image.
struct ImageSteps: StepPlace {
    /// Whoever wants to read lists of other versions finds them by this.
    static let artifactType = "application/vnd.build-all.steps.v1+json"

    /// What a list holds.
    struct List: Codable, Sendable {
        var schema = SharedStep.schema
        var steps: [SharedStep]
    }

    /// Whatever it decodes from, nil if that is no step.
    fileprivate struct Item: Decodable {
        let step: SharedStep?

        init(from decoder: any Decoder) throws {
            step = (try? SharedStep(from: decoder)).flatMap { try? StepEntry.checked($0) }
        }
    }

    let image: ImageReference
    let registry: any ImageRegistry
    let blobs: BlobStore
    /// Called once for an image without a list.
    let hasNoList: @Sendable () async -> Void
    private let lists = SharedWork<ImageReference, [Digest: SharedStep]>()

    func find(_ key: Digest) async throws -> FoundStep? {
        let steps = try await lists.value(for: image) { try await load() }
        guard let step = steps[key] else { return nil }
        try await registry.checkLayer(step.layer, in: image)
        return FoundStep(step: step, source: .registry(image))
    }

    func has(_ key: Digest) async throws -> Bool { try await find(key) != nil }

    func put(_ step: SharedStep, replacing: Bool) async throws {
        preconditionFailure("images are only read")
    }

    private func load() async throws -> [Digest: SharedStep] {
        let manifest = try await registry.manifest(of: image, platform: .host)
        let digest = manifest.descriptor.digest
        let lists = try await registry.referrers(of: digest, in: image, artifactType: Self.artifactType)
        guard let newest = lists.last else {
            await hasNoList()
            return [:]
        }
        let artifact = try await registry.manifest(of: image.pinned(to: newest.digest), platform: .host)
        let layer = try OCIDocument.decode(ImageManifest.self, from: artifact.bytes).layers.first
        guard let layer, layer.size < 64 << 20 else { throw StepFault("its list of steps is no list") }
        try await registry.fetch(layer, from: image, into: blobs)
        let list = try await BlockingWork.run { [blobs] in
            try OCIDocument.decode(List.self, from: blobs.read(layer.digest, limit: 64 << 20))
        }
        return Dictionary(list.steps.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    }

    /// Writes the list of an image that is there. An image whose list is there already gets the same again.
    static func publish(
        _ steps: [SharedStep], of manifest: Descriptor, to reference: ImageReference, registry: any ImageRegistry,
        blobs: BlobStore
    ) async throws {
        let list = try OCIDocument.encode(List(steps: steps))
        let empty = Array("{}".utf8)
        let type = MediaType(rawValue: artifactType)
        let layer = Descriptor(mediaType: type, digest: Digest(of: list), size: Int64(list.count))
        let config = Descriptor(
            mediaType: MediaType(rawValue: "application/vnd.oci.empty.v1+json"), digest: Digest(of: empty),
            size: Int64(empty.count))
        var artifact = ImageManifest(config: config, layers: [layer])
        artifact.artifactType = artifactType
        artifact.subject = Descriptor(mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size)
        let bytes = try OCIDocument.encode(artifact)
        for (blob, content) in [(layer, list), (config, empty)] {
            _ = try await BlockingWork.run { try blobs.write(content) }
            try await registry.send(blob, from: blobs.path(of: blob.digest), to: reference)
        }
        try await registry.put(bytes, mediaType: .imageManifest, to: reference.pinned(to: Digest(of: bytes)))
    }
}

extension ImageSteps.List {
    /// Steps that cannot be some are left out, and all of other versions.
    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        schema = try values.decode(String.self, forKey: .schema)
        let isKnown = schema == SharedStep.schema
        steps = isKnown ? try values.decode([ImageSteps.Item].self, forKey: .steps).compactMap(\.step) : []
    }
}
