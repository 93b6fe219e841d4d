internal import Export
internal import Jobs
internal import OCI
internal import Planning
internal import Registry
internal import Storage
internal import Synchronization
internal import SystemPackage

/// Brings finished images to their outputs: registries, layouts, archives.
struct Publisher: Sendable {
    /// What was written.
    struct Published: Hashable, Sendable {
        /// Names that point at the image now.
        var references: [ImageReference] = []
        /// Whether a tag of a registry had another digest before, or none.
        var hasMoved = false
    }

    let library: ImageLibrary
    /// Two images may extend one layout: one after the other.
    private let files = KeyedGate<String>()

    /// Called after each blob that is where it belongs.
    private let sent: @Sendable (PushProgress) async -> Void
    private let warn: @Sendable (_ image: String, String) async -> Void
    /// What a registry does not let be moved is no failure.
    private let keepsImmutableTags: Bool

    init(
        library: ImageLibrary, keepsImmutableTags: Bool = false,
        sent: @escaping @Sendable (PushProgress) async -> Void,
        warn: @escaping @Sendable (_ image: String, String) async -> Void = { _, _ in }
    ) {
        self.library = library
        self.keepsImmutableTags = keepsImmutableTags
        self.sent = sent
        self.warn = warn
    }

    /// Writes all outputs. `moved` is called for each tag once it is set; tags that are right already are not touched.
    ///
    /// Throws before anything is written when a tag cannot be named, or an immutable one has another digest.
    func publish(
        _ image: PlannedImage, _ result: JobResult, moved: (TagMove) async throws -> Void
    ) async throws -> Published {
        let tags = try image.tags.map { tag in
            NamedTag(tag: tag, reference: try tag.reference(base: result.baseDigest, labels: result.baseLabels))
        }
        let remote = image.outputs.contains(.push) ? tags.filter(\.tag.isRemote) : []
        let moves = try await moves(of: remote, to: result.manifest.digest)
        for output in image.outputs where output != .push {
            try await write(output, of: result, tags: tags.map(\.reference))
        }
        let kept = moves.isEmpty ? [] : try await push(image.name, result, moves, moved)
        for tag in tags where !tag.tag.isRemote {
            try await moved(TagMove(reference: tag.reference, digest: result.manifest.digest, previous: nil))
        }
        let names = tags.filter { !$0.tag.isRemote || (image.outputs.contains(.push) && !kept.contains($0.reference)) }
        return Published(references: names.map(\.reference), hasMoved: moves.count > kept.count)
    }

    /// Sends a layer ahead, while later steps run. A failure is not one yet: `publish` tries again and reports it.
    func sendAhead(_ layer: Descriptor, of image: PlannedImage) async {
        let references = image.tags.compactMap { $0.isRemote ? $0.reference : nil }
        for reference in Self.repositories(of: references) {
            do {
                try await send(layer, to: reference)
            } catch {
                return
            }
        }
    }

    private struct NamedTag: Sendable {
        let tag: PlannedTag
        let reference: ImageReference
    }

    /// One reference for each repository.
    static func repositories(of references: [ImageReference]) -> [ImageReference] {
        var seen: Set<String> = []
        return references.filter { seen.insert($0.name).inserted }
    }
}

// MARK: - Registries

extension Publisher {
    /// The tags that have another digest, or none.
    private func moves(of tags: [NamedTag], to digest: Digest) async throws -> [TagMove] {
        try await withThrowingTaskGroup(of: TagMove?.self) { group in
            for tag in tags { group.addTask { try await move(of: tag, to: digest) } }
            var moves: [TagMove] = []
            for try await move in group { if let move { moves.append(move) } }
            return moves.sorted { $0.reference.description < $1.reference.description }
        }
    }

    private func move(of tag: NamedTag, to digest: Digest) async throws -> TagMove? {
        let previous = try await library.registry.digest(of: tag.reference)
        guard previous != digest else { return nil }
        if let previous, tag.tag.isImmutable {
            let text = "\(tag.reference) is immutable and already is \(previous), not \(digest)"
            throw JobFailure(class: .registry, message: text, summary: text)
        }
        return TagMove(reference: tag.reference, digest: digest, previous: previous)
    }

    /// Returns the tags that their registry did not let be moved.
    private func push(
        _ image: String, _ result: JobResult, _ moves: [TagMove], _ moved: (TagMove) async throws -> Void
    ) async throws -> Set<ImageReference> {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for reference in Self.repositories(of: moves.map(\.reference)) {
                let blobs = Set(result.layers + [result.config])
                let tally = Tally(total: blobs.reduce(0) { $0 + $1.size })
                for blob in blobs {
                    group.addTask {
                        try await send(blob, to: reference)
                        await sent(tally.add(blob.size, image: image, reference: reference.name))
                    }
                }
            }
            try await group.waitForAll()
        }
        let blobs = library.blobs
        let manifest = try await BlockingWork.run { try blobs.read(result.manifest.digest) }
        var kept: Set<ImageReference> = []
        for move in moves {
            do {
                try await library.registry.put(manifest, mediaType: result.manifest.mediaType, to: move.reference)
            } catch let error as RegistryError where keepsImmutableTags && error.isImmutableTag {
                await warn(image, "\(move.reference) stays as it is: \(error)")
                kept.insert(move.reference)
                continue
            }
            try await moved(move)
        }
        return kept
    }

    /// A layer of the base image may not be in the store: a cached build needs its manifest only.
    private func send(_ blob: Descriptor, to reference: ImageReference) async throws {
        if try library.blobs.size(of: blob.digest) != blob.size {
            if try await library.registry.hasBlob(blob.digest, in: reference) { return }
            if case .registry(let source)? = library.source(of: blob.digest),
                try await library.registry.mount(blob, from: source, to: reference)
            {
                return
            }
            try await library.fetch([blob])
        }
        try await library.registry.send(blob, from: library.blobs.path(of: blob.digest), to: reference)
    }
}

/// How much of an image is in one repository.
private final class Tally: Sendable {
    private let total: Int64
    private let done = Mutex<Int64>(0)

    init(total: Int64) { self.total = total }

    func add(_ size: Int64, image: String, reference: String) -> PushProgress {
        let done = done.withLock { done in
            done += size
            return done
        }
        return PushProgress(image: image, reference: reference, bytesDone: done, bytesTotal: total)
    }
}

// MARK: - Files

extension Publisher {
    private func write(_ output: PlannedOutput, of result: JobResult, tags: [ImageReference]) async throws {
        guard let path = output.path else { return }
        try await library.fetch(result.layers + [result.config])
        let isCancelled = CancellationFlag()
        var export = ImageExport(manifest: result.manifest, references: tags, blobs: library.blobs)
        export.isCancelled = { isCancelled.isRaised }
        try await withTaskCancellationHandler {
            try await files.pass(path) { [export] in
                try await BlockingWork.run { try output.write(export) }
            }
        } onCancel: {
            isCancelled.raise()
        }
    }
}
