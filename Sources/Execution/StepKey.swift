internal import Jobs
internal import OCI

/// The key under which the result of a step is cached: a digest over named parts, each framed by its length.
///
/// The parts are kept beside the result, so that a later miss can name the part that differs; so are notes, which say
/// more of a part than its digest does and are not in the key.
struct StepKey {
    private(set) var parts: [(name: String, value: String)] = []
    private(set) var notes: [(name: String, value: String)] = []
    private(set) var listings: [FileListing] = []

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

    /// What the parts of another key are made of.
    mutating func add(_ other: StepKey) {
        parts += other.parts
        notes += other.notes
        listings += other.listings
    }

    mutating func note(_ name: String, _ value: String) {
        notes.append((name, value))
    }

    /// The files behind a part.
    mutating func note(_ listing: FileListing) {
        listings.append(listing)
    }

    var digest: Digest {
        var hasher = SHA256()
        hasher.update(Array(Self.framed([SharedStep.schema]).utf8))
        for part in parts { hasher.update(Array(Self.framed([part.name, part.value]).utf8)) }
        return hasher.finalize()
    }

    /// Parts and notes for the record: long values, and those of variables, which may be secret, as their digest.
    var summary: [String: String] {
        Dictionary((parts + notes).map { ($0.name, Self.shortened($0)) }, uniquingKeysWith: { $1 })
    }

    /// The parts for other machines: nothing but the kind of the step and the platform is in clear, and all variables are
    /// one digest, so that none can be guessed by itself.
    var digests: [String: String] {
        let groups = Dictionary(grouping: parts) { $0.name.split(separator: " ").first.map(String.init) ?? "" }
        return Dictionary(
            groups.map { name, parts in
                if name == "step" || name == "platform" { return (name, parts[0].value) }
                let digest = Digest(of: Self.framed(parts.flatMap { [$0.name, $0.value] }).utf8)
                return (name, String(digest.hex.prefix(16)))
            }, uniquingKeysWith: { $1 })
    }

    /// A text that no other list of texts gives.
    private static func framed(_ values: [String]) -> String {
        values.map { "\($0.utf8.count):\($0)" }.joined()
    }

    private static func shortened(_ part: (name: String, value: String)) -> String {
        let isShown = part.value.utf8.count <= 100 && !part.name.hasPrefix("variable ")
        return isShown ? part.value : Digest(of: part.value.utf8).description
    }
}
