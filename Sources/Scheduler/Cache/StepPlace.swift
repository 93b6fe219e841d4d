internal import Jobs
internal import OCI
internal import Planning
internal import Storage

/// Where results of steps are found.
protocol StepPlace: Sendable {
    /// The result for a key, with where its layer can be fetched from; nil if there is none. Throws `StepFault` for one that
    /// cannot be used, anything else when the place cannot be asked.
    func find(_ key: Digest) async throws -> FoundStep?

    /// Writes a result whose layer is in the store. With `replacing` whatever is there is not trusted.
    func put(_ step: SharedStep, replacing: Bool) async throws

    /// Whether there is an entry of the key.
    func has(_ key: Digest) async throws -> Bool
}

struct FoundStep: Sendable {
    var step: SharedStep
    var source: BlobSource
}

/// Where the bytes of a blob can be fetched from.
enum BlobSource: Hashable, Sendable {
    case registry(ImageReference)
    /// An OCI layout.
    case folder(String)
}
