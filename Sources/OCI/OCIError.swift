/// What can be wrong with a value of the OCI specifications.
public enum OCIError: Error, Equatable {
    case invalidDigest(String)
    case unsupportedDigestAlgorithm(String)
    case invalidReference(String, reason: String)
    case invalidPlatform(String)
    case invalidDocument(kind: String, reason: String)
}

extension OCIError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidDigest(let text):
            "invalid digest \"\(text)\": sha256: and 64 lower-case hexadecimal digits are needed"
        case .unsupportedDigestAlgorithm(let name):
            "digest algorithm \"\(name)\" is not supported: only sha256 is"
        case .invalidReference(let text, let reason):
            "invalid image reference \"\(text)\": \(reason)"
        case .invalidPlatform(let text):
            "invalid platform \"\(text)\": os/architecture or os/architecture/variant is needed"
        case .invalidDocument(let kind, let reason):
            "invalid \(kind): \(reason)"
        }
    }
}
