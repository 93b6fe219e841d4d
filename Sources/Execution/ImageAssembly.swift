internal import Jobs
internal import OCI
internal import Storage
internal import Templates

/// Makes config and image manifest out of a finished stage and puts them into the store.
struct ImageAssembly {
    let job: Job
    let blobs: BlobStore

    /// The descriptors of what was written, with the config's first.
    func write(_ state: StageState) throws -> (config: Descriptor, manifest: Descriptor) {
        let config = try descriptor(of: OCIDocument.encode(try config(of: state)), inForm(.imageConfig))
        let layers = try state.layers.map { layer in
            var descriptor = layer.descriptor
            descriptor.mediaType = inForm(descriptor.mediaType)
            guard !job.usesDockerFormat || descriptor.mediaType != .layerZstd else {
                throw ExecutionError.invalidArgument("Docker's format has no layers of zstd, as its base image has")
            }
            return descriptor
        }
        let annotations = try expanded(job.annotations, base: state.base)
        var manifest = ImageManifest(
            config: config, layers: layers, annotations: annotations.isEmpty ? nil : annotations)
        manifest.mediaType = inForm(.imageManifest)
        return (config, try descriptor(of: OCIDocument.encode(manifest), inForm(.imageManifest)))
    }

    private func inForm(_ type: MediaType) -> MediaType { job.usesDockerFormat ? type.inDockerForm : type.inOCIForm }

    private func config(of state: StageState) throws -> ImageConfig {
        var image = ImageConfig(platform: job.namesPlatform ? job.platform : state.platform)
        image.author = state.author
        image.config = state.config
        let labels = (state.config.labels ?? [:]).merging(try expanded(job.labels, base: state.base)) { $1 }
        image.config?.labels = labels.isEmpty ? nil : labels
        image.created = state.created
        image.rootfs = ImageConfig.RootFS(diffIDs: state.diffIDs)
        image.history = state.history
        return image
    }

    private func expanded(_ texts: [String: String], base: StageState.BaseImage?) throws -> [String: String] {
        try texts.mapValues {
            try BaseTemplate.expand($0, digest: base?.digest.description, labels: base?.labels ?? [:])
        }
    }

    private func descriptor(of bytes: [UInt8], _ mediaType: MediaType) throws -> Descriptor {
        let digest = try blobs.write(bytes)
        return Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }
}
