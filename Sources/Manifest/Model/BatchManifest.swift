public import SystemPackage

/// What a batch manifest says, after includes, defaults, templates, matrices and `${…}`.
///
/// All names in it exist: needs, groups and `image:` contexts hold full names of `images`. Nothing outside the
/// manifest's own files was looked at: a context's folder or a Dockerfile may be missing.
public struct BatchManifest: Sendable {
    /// As it was given.
    public let file: FilePath
    /// Absolute folder of `file`.
    public let folder: FilePath
    /// `registry:` of `file`, expanded.
    public let registry: String?
    /// In the order of the files; the images of one matrix in the order of its product.
    public let images: [ImageSpec]
    /// Full names of the images of each group, in the order of `images`.
    public let groups: [String: [String]]
    /// By host with optional port.
    public let registries: [String: RegistrySpec]
    /// What a run removes at its end.
    public let retain: RetainSpec
    /// Every file that was read, `file` first.
    public let files: [ManifestFile]
    /// What is odd but no error.
    public let warnings: [ManifestDiagnostic]

    /// Full names of the images that a name or a pattern (`*`, `?`) means: an image, or all images of one matrix.
    public func names(matching text: String) -> [String] {
        let pattern = NamePattern(text)
        return images.filter(pattern.matches).map(\.name)
    }
}

/// What of the state folder is kept after a run; nil is all.
public struct RetainSpec: Hashable, Sendable {
    public var logs: Duration?
    public var failedLogs: Duration?
    public var storeInBytes: Int64?

    /// Keeps all.
    public init() {}
}

/// One file of the manifest, as it was read.
public struct ManifestFile: Hashable, Sendable {
    /// Absolute.
    public let path: FilePath
    public let bytes: [UInt8]
}
