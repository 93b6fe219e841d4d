internal import Manifest
public import OCI

/// A name that an image gets once it is built.
public struct PlannedTag: Sendable {
    private let spec: TagSpec

    init(_ spec: TagSpec) { self.spec = spec }

    /// A tag, or a whole reference, as the batch manifest has it.
    public var text: String { spec.text }
    /// Nil as long as it hangs on the base image.
    public var reference: ImageReference? { spec.reference }
    /// Whether there is a registry to push it to; the others name the image in the local store.
    public var isRemote: Bool { spec.isRemote }
    /// Whether it must not be moved to another digest.
    public var isImmutable: Bool { spec.isImmutable }

    /// The reference once the base image is known; throws when there is no base, no such label, or the result is no tag.
    public func reference(base: Digest?, labels: [String: String]) throws -> ImageReference {
        try spec.reference ?? spec.reference(digest: base?.description, labels: labels)
    }
}
