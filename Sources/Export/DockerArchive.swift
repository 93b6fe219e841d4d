internal import OCI

extension ImageExport {
    /// Writes the image as `docker save` does: config, uncompressed layers and `manifest.json` in a tar, for
    /// `docker load`, podman and skopeo.
    ///
    /// Layers are verified while they are unpacked. The file appears complete, or not at all; one that is there is
    /// replaced. The same image gives the same bytes.
    ///
    /// https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format
    public func writeDockerArchive(to path: String) throws {
        let image = try ImageBlobs(self)
        let (config, layers) = try image.configAndLayers()
        let entry = DockerManifestEntry(
            config: "\(image.manifest.config.digest.hex).json",
            repoTags: references.filter { $0.tag != nil }.map(\.familiar),
            layers: layers.map { "\($0.diffID.hex).tar" })
        var archive = try ArchiveFile(path)
        try archive.addFile("manifest.json", OCIDocument.encode([entry]))
        try archive.addFile(entry.config, config)
        var written: Set<Digest> = []
        for (layer, diffID) in layers where written.insert(diffID).inserted {
            try image.checkCancellation()
            try archive.addUncompressed("\(diffID.hex).tar", layer, diffID: diffID, from: blobs)
        }
        try archive.commit()
    }
}

/// An image in the `manifest.json` of a Docker archive.
private struct DockerManifestEntry: Encodable {
    var config: String
    var repoTags: [String]
    /// From the base up; one that comes twice is in the archive once.
    var layers: [String]

    enum CodingKeys: String, CodingKey {
        case config = "Config"
        case repoTags = "RepoTags"
        case layers = "Layers"
    }
}
