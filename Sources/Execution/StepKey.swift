internal import OCI

/// The key under which the result of a step is cached: a digest over named parts, each framed by its length.
///
/// The parts are kept beside the result, so that a later miss can name the part that differs.
struct StepKey {
    /// Raised when the meaning of a part changes: old results are then no longer found.
    static let schema = "build-all step 1"

    private(set) var parts: [(name: String, value: String)] = []

    init(kind: String, platform: Platform) {
        add("step", kind)
        add("platform", platform.description)
    }

    mutating func add(_ name: String, _ value: String) {
        parts.append((name, value))
    }

    mutating func add(_ name: String, _ values: [String]) {
        add(name, Self.framed(values))
    }

    var digest: Digest {
        var hasher = SHA256()
        hasher.update(Array(Self.framed([Self.schema]).utf8))
        for part in parts { hasher.update(Array(Self.framed([part.name, part.value]).utf8)) }
        return hasher.finalize()
    }

    /// The parts for the record: long values as their digest.
    var summary: [String: String] {
        Dictionary(parts.map { ($0.name, Self.shortened($0.value)) }, uniquingKeysWith: { $1 })
    }

    /// A text that no other list of texts gives.
    private static func framed(_ values: [String]) -> String {
        values.map { "\($0.utf8.count):\($0)" }.joined()
    }

    private static func shortened(_ value: String) -> String {
        value.utf8.count <= 100 ? value : Digest(of: value.utf8).description
    }
}
