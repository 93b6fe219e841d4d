internal import Jobs
internal import OCI
public import Planning
public import Storage

extension BuildPlan {
    /// The plan for a build without a network: images whose base images this machine does not know fail before they
    /// begin, each with all that it misses. What is damaged is missed by those only that need it.
    public func offline(_ bases: BaseSources, blobs: BlobStore) throws -> BuildPlan {
        var failures: [Int: JobFailure] = [:]
        for position in images.indices {
            do {
                if let failure = try missing(at: position, bases, blobs) { failures[position] = failure }
            } catch is JobFailure {
                // Its Dockerfile cannot be understood: that is what it fails with.
                continue
            } catch let error where !(error is CancellationError) {
                failures[position] = JobFailure(error)
            }
        }
        return failures.isEmpty ? self : failing(failures)
    }

    private func missing(at position: Int, _ bases: BaseSources, _ blobs: BlobStore) throws -> JobFailure? {
        let needed = try externalImages(of: position) { image in
            try bases.config(of: image, blobs: blobs)?.config?.onBuild ?? []
        }
        let missing = try needed.filter { image in
            try bases.config(of: image, blobs: blobs) == nil
        }
        guard !missing.isEmpty else { return nil }
        let names = missing.map { image in
            image.platform == .host ? image.reference.familiar : "\(image.reference.familiar) for \(image.platform)"
        }
        return JobFailure(OfflineError.unknownImages(names))
    }
}

extension BaseSources {
    /// The config of an image that this machine knows with all that is needed to begin.
    func config(of image: ExternalImage, blobs: BlobStore) throws -> ImageConfig? {
        guard let known = try known(image.reference, image.platform, blobs: blobs) else { return nil }
        let manifest = try OCIDocument.decode(ImageManifest.self, from: known.bytes)
        var fault: (any Error)?
        for cache in caches {
            do {
                guard let bytes = try cache.document(manifest.config) else { continue }
                return try OCIDocument.decode(ImageConfig.self, from: bytes)
            } catch {
                fault = fault ?? error
            }
        }
        do {
            return try OCIDocument.decode(ImageConfig.self, from: blobs.read(manifest.config.digest))
        } catch StorageError.blobMissing, StorageError.digestMismatch {
            if let fault { throw fault }
            return nil
        }
    }
}
