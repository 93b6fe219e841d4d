public import OCI

/// Where the image goes.
public struct OutputOptions: Sendable {
    public var destinations: [ImageReference] = []
    public var pushes: Bool
    /// Absolute paths.
    public var archive: String?
    public var layout: String?
    public var usesDockerFormat: Bool
    /// As a batch manifest has it; nil for the usual.
    public var compression: LayerCompression
    /// An absolute path, or an https URL; so are the next two.
    public var digestFile: String?
    public var nameFile: String?
    public var nameAndTagFile: String?
    public var isReproducible: Bool

    init(
        _ flags: GivenFlags, _ variables: KanikoVariables, _ surroundings: Surroundings
    ) throws(KanikoError) {
        for text in flags.texts("destination") {
            destinations.append(try Self.reference(text, "--destination"))
        }
        let variable = try variables.boolean("KANIKO_NO_PUSH")
        pushes = !(variable ?? flags.boolean("no-push") ?? false)
        archive = flags.text("tar-path").map(surroundings.absolute)
        layout = flags.text("oci-layout-path").map(surroundings.absolute)
        usesDockerFormat = try flags.word("image-format", of: ["oci", "docker"]) == "docker"
        compression = try Self.compression(flags)
        digestFile = Self.place("digest-file", flags, surroundings)
        nameFile = Self.place("image-name-with-digest-file", flags, surroundings)
        nameAndTagFile = Self.place("image-name-tag-with-digest-file", flags, surroundings)
        isReproducible = flags.boolean("reproducible") ?? false
        if pushes, destinations.isEmpty { throw .noDestination }
        if destinations.isEmpty, nameFile != nil { throw .namesNothing("--image-name-with-digest-file") }
        if destinations.isEmpty, nameAndTagFile != nil { throw .namesNothing("--image-name-tag-with-digest-file") }
        if usesDockerFormat, compression.method == .zstd {
            throw .badValue("--compression", "zstd", reason: "images of --image-format docker are packed by gzip alone")
        }
    }

    private static func place(_ flag: String, _ flags: GivenFlags, _ surroundings: Surroundings) -> String? {
        flags.text(flag).map { $0.hasPrefix("https://") ? $0 : surroundings.absolute($0) }
    }

    static func reference(_ text: String, _ flag: String) throws(KanikoError) -> ImageReference {
        let reference: ImageReference
        do throws(OCIError) {
            reference = try ImageReference(text)
        } catch {
            throw .badValue(flag, text, reason: "\(error)")
        }
        guard reference.digest == nil else {
            throw .badValue(flag, text, reason: "a tag is needed, the digest comes of the build")
        }
        return reference
    }

    /// A level counts only if it is above 0.
    private static func compression(_ flags: GivenFlags) throws(KanikoError) -> LayerCompression {
        let word = try flags.word("compression", of: ["gzip", "zstd"]) ?? "gzip"
        let method = LayerCompression.Method(rawValue: word) ?? .gzip
        let level = flags.number("compression-level").flatMap { $0 > 0 ? $0 : nil }
        guard let compression = LayerCompression(method, level: level) else {
            let levels = "\(method.levels.lowerBound) to \(method.levels.upperBound)"
            throw .badValue("--compression-level", "\(level ?? 0)", reason: "\(word) has the levels \(levels)")
        }
        return compression
    }
}
