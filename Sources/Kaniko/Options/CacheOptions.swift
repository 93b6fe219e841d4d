internal import OCI

/// How far results of steps are used.
public struct CacheOptions: Hashable, Sendable {
    /// Whether any are looked up or kept.
    public var isOn: Bool
    /// `HOST/REPOSITORY`, or `oci:` with an absolute path.
    public var repository: String?
    /// Whether the repository is written to.
    public var isWritten: Bool
    /// The longest that a result counts, in whole seconds.
    public var ageInSeconds: Int
    /// Every step runs, whatever is known.
    public var runsAll: Bool
    /// The folder that the warmer filled. Absolute.
    public var bases: String
    /// Whether it was named.
    public var namesBases: Bool

    static let defaultAge = 336 * 3600

    init(_ flags: GivenFlags, _ output: OutputOptions, _ surroundings: Surroundings) throws(KanikoError) {
        isOn = flags.boolean("cache") ?? false
        isWritten = !(flags.boolean("no-push-cache") ?? false)
        let age = flags.seconds("cache-ttl") ?? Double(Self.defaultAge)
        guard age >= 0, age < 1e12 else {
            throw .badValue("--cache-ttl", flags.text("cache-ttl") ?? "", reason: "it is below 0, or beyond all time")
        }
        ageInSeconds = Int(age)
        runsAll = flags.boolean("cache-run-layers") == false || age == 0
        bases = surroundings.absolute(flags.text("cache-dir") ?? "/cache")
        namesBases = flags.text("cache-dir") != nil
        guard isOn else { return }
        if let text = flags.text("cache-repo") {
            repository = try Self.repository(text, surroundings)
        } else if !output.pushes {
            throw .cacheWithoutRepository
        } else {
            repository = output.destinations.first.map { "\($0.name)/cache" }
        }
    }

    private static func repository(_ text: String, _ surroundings: Surroundings) throws(KanikoError) -> String {
        if text.hasPrefix("oci:") {
            let path = text.dropFirst(4)
            guard !path.isEmpty else { throw .badValue("--cache-repo", text, reason: "no folder is named") }
            return "oci:" + surroundings.absolute(String(path))
        }
        return try OutputOptions.reference(text, "--cache-repo").name
    }
}
