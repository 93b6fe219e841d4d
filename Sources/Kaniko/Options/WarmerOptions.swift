internal import OCI

/// What a command line of kaniko's `warmer` asks for.
public struct WarmerOptions: Sendable {
    public var images: [String]
    /// A path or a URL.
    public var dockerfile: String?
    public var arguments: [(name: String, value: String)] = []
    /// Absolute.
    public var folder: String
    public var platform: String?
    public var registries: RegistryOptions
    public var log: LogOptions
    public var notes: [String]

    /// Reads flags and variables; looks whether the Dockerfile is there.
    public init(_ flags: GivenFlags, _ surroundings: Surroundings) throws(KanikoError) {
        try flags.checkNoArguments()
        let variables = KanikoVariables(surroundings.environment)
        images = flags.texts("image")
        for image in images {
            do throws(OCIError) { _ = try ImageReference(image) } catch {
                throw .badValue("--image", image, reason: "\(error)")
            }
        }
        log = try LogOptions(flags)
        registries = try RegistryOptions(flags, variables)
        folder = surroundings.absolute(flags.text("cache-dir") ?? "/cache")
        platform = flags.text("custom-platform")
        notes = flags.idleNotes + variables.notes
        for text in flags.texts("build-arg") {
            if let pair = KeyValue(text) {
                arguments.append((pair.name, pair.value))
            } else if let value = surroundings.environment[text] {
                arguments.append((text, value))
            }
        }
        dockerfile = try Self.dockerfile(flags, surroundings)
        guard !images.isEmpty || dockerfile != nil else { throw .nothingToWarm }
    }

    private static func dockerfile(_ flags: GivenFlags, _ surroundings: Surroundings) throws(KanikoError) -> String? {
        guard let text = flags.text("dockerfile") else { return nil }
        if text.hasPrefix("https://") || text.hasPrefix("http://") { return text }
        let path = surroundings.absolute(text)
        guard surroundings.exists(path) else { throw .noDockerfile(text, context: nil) }
        return path
    }
}
