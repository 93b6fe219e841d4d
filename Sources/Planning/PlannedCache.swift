public import OCI

/// Where the results of an image's steps are looked for and written to, beside the local store.
public struct PlannedCache: Hashable, Sendable {
    /// Read first, and written to.
    public var repository: CachePlace?
    /// Only read, in this order.
    public var sources: [CachePlace] = []
    /// Whether `repository` may be written to.
    public var isWritten = true
    /// Whether it gets the steps of intermediate stages too.
    public var hasAllStages = true
    /// Whether an image that is pushed gets the list of its steps beside it.
    public var listsSteps = true
    /// The longest that a result counts, in seconds; nil is for ever.
    public var ageInSeconds: Double?

    public init() {}

    /// All places that are read.
    public var places: [CachePlace] { (repository.map { [$0] } ?? []) + sources }
}

/// A place with results of steps.
public enum CachePlace: Hashable, Sendable {
    /// A repository with an entry a step; the reference's tag means nothing.
    case repository(ImageReference)
    /// An image that was pushed with the list of its steps.
    case image(ImageReference)
    /// An OCI layout with an entry a step; an absolute path.
    case folder(String)
}

extension CachePlace: CustomStringConvertible {
    /// As the manifest has it.
    public var description: String {
        switch self {
        case .repository(let reference): reference.name
        case .image(let reference): reference.description
        case .folder(let path): "oci:\(path)"
        }
    }
}
