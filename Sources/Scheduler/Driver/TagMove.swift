public import OCI

/// A name that now means an image: a line of the ledger's journal of tags.
public struct TagMove: Hashable, Sendable {
    public var reference: ImageReference
    public var digest: Digest
    /// What a registry had under the name before. Nil if nothing; also for a name of the local store, whose journal is
    /// the ledger itself.
    public var previous: Digest?

    public init(reference: ImageReference, digest: Digest, previous: Digest?) {
        self.reference = reference
        self.digest = digest
        self.previous = previous
    }
}
