internal import OCI

/// A cached layer is not what its entry said, or cannot be had any more: the steps above it were looked up for nothing. The
/// scheduler knows, and starts the image again without the entry.
struct LostStep: Error, CustomStringConvertible {
    let key: Digest
    let reason: String

    var description: String { "the cached layer of a step cannot be used: \(reason)" }
}
