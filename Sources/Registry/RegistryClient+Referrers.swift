internal import HTTP
public import OCI

extension RegistryClient {
    /// The manifests whose `subject` is the one with this digest, in the reference's repository; only those of an artifact
    /// type, if given. Registries without such lists are asked for the fallback tag.
    ///
    /// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers
    public func referrers(
        of digest: Digest, in reference: ImageReference, artifactType: String? = nil
    ) async throws -> [Descriptor] {
        let endpoint = try RegistryEndpoint(reference, configuration)
        let operation = "list of the referrers of \(reference.pinned(to: digest))"
        let query = artifactType.map { [(name: "artifactType", value: $0)] } ?? []
        var found: [Descriptor] = []
        let first = try await pages(from: endpoint.url("referrers/\(digest)", query: query), endpoint, operation) {
            guard let index = try? OCIDocument.decode(ImageIndex.self, from: $0.body) else {
                throw RegistryError.unexpectedAnswer(
                    operation: operation, url: $0.url.description, reason: "the answer is no index")
            }
            found += index.manifests
        }
        if first.status == 404 { found = try await fallbackIndex(of: digest, reference)?.manifests ?? [] }
        return artifactType.map { type in found.filter { $0.artifactType == type } } ?? found
    }

    /// Adds a manifest to the index under its subject's fallback tag. Tasks of this process take turns.
    func addToFallbackTag(_ referrer: Referrer, _ reference: ImageReference) async throws {
        let tag = try Self.fallbackTag(of: referrer.subject, reference)
        while true {
            let turn = try await fallbackTags.run(tag) {
                var index = try await fallbackIndex(of: referrer.subject, reference) ?? ImageIndex(manifests: [])
                guard !index.manifests.contains(where: { $0.digest == referrer.descriptor.digest }) else { return true }
                index.manifests.append(referrer.descriptor)
                try await putManifest(OCIDocument.encode(index), mediaType: .imageIndex, to: tag)
                return true
            }
            if turn.isOwn { return }
        }
    }

    private func fallbackIndex(of digest: Digest, _ reference: ImageReference) async throws -> ImageIndex? {
        do {
            let tag = try Self.fallbackTag(of: digest, reference)
            return try OCIDocument.decode(ImageIndex.self, from: await rawManifest(tag).bytes)
        } catch let error as RegistryError where error.isNotFound {
            return nil
        }
    }

    /// `sha256-<hex>`
    private static func fallbackTag(of digest: Digest, _ reference: ImageReference) throws(OCIError) -> ImageReference {
        try reference.tagged(digest.description.replacing(":", with: "-"))
    }
}

/// A manifest that has a subject, as lists of referrers name it.
struct Referrer: Sendable {
    let subject: Digest
    let descriptor: Descriptor

    /// Nil for a manifest or index without subject.
    init?(_ bytes: [UInt8], _ mediaType: MediaType, _ digest: Digest) {
        guard let shape = try? OCIDocument.decode(Shape.self, from: bytes), let subject = shape.subject else {
            return nil
        }
        self.subject = subject.digest
        descriptor = Descriptor(
            mediaType: mediaType, digest: digest, size: Int64(bytes.count), annotations: shape.annotations,
            artifactType: shape.artifactType ?? shape.config?.mediaType.rawValue)
    }

    private struct Shape: Decodable {
        struct Config: Decodable { var mediaType: MediaType }

        var subject: Descriptor?
        var artifactType: String?
        var config: Config?
        var annotations: [String: String]?
    }
}
