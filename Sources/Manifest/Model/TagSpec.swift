public import OCI
public import SystemPackage
internal import Templates

/// A name under which an image is published.
public struct TagSpec: Hashable, Sendable {
    /// A tag, or a whole reference; `${base.…}` is still in it.
    public let text: String
    /// The whole reference; nil as long as `text` holds `${base.…}`. Without a registry it is what `FROM NAME:TAG` means.
    public let reference: ImageReference?
    /// Where tags without `/` belong: `registry/image`, or the image alone.
    let repository: String
    /// Whether there is a registry to push it to.
    public let isRemote: Bool
    /// Whether the tag may not be moved once it is there.
    public let isImmutable: Bool
    public let mark: SourceMark

    /// The reference once the base image is known; throws when the text then is no tag or reference.
    ///
    /// A tag has no colon: `${base.digest}` is the hexadecimal part alone here.
    public func reference(digest: String?, labels: [String: String]) throws -> ImageReference {
        let hexadecimal = digest?.split(separator: ":").last.map(String.init)
        let text = try BaseTemplate.expand(text, digest: hexadecimal, labels: labels)
        return try Self.reference(of: text, repository: repository)
    }

    static func reference(of text: String, repository: String) throws(OCIError) -> ImageReference {
        guard !text.contains("/") else { return try ImageReference(text) }
        return try ImageReference(repository).tagged(text)
    }
}

/// What a name in FROM or `--from` stands for.
public struct ContextSpec: Hashable, Sendable {
    public let name: String
    public let source: Source
    public let mark: SourceMark

    public enum Source: Hashable, Sendable {
        case files(ContextSource)
        /// Full name of another image of the batch.
        case image(String)
        case dockerImage(ImageReference)
        /// `docker-image://scratch`: nothing.
        case scratch
        /// An image of an OCI layout: absolute folder, and `TAG`, `@DIGEST`, both, or nil for its only image.
        case layout(folder: FilePath, reference: String?)
    }
}

/// Where a finished image goes beside the local store. Paths are absolute.
public struct OutputSpec: Hashable, Sendable {
    public let kind: Kind
    public let mark: SourceMark

    public enum Kind: Hashable, Sendable {
        case push
        /// An image layout folder; one that exists is extended.
        case oci(FilePath)
        case ociArchive(FilePath)
        case dockerArchive(FilePath)
        case rootfs(FilePath)
    }
}

/// How to speak to one registry; what is nil is the program's default.
public struct RegistrySpec: Hashable, Sendable {
    public let mark: SourceMark
    /// Plain HTTP.
    public var http: Bool?
    /// Absolute paths of PEM files.
    public var ca: Marked<FilePath>?
    public var cert: Marked<FilePath>?
    public var key: Marked<FilePath>?
    /// HTTPS without a look at the certificate.
    public var insecure: Bool?
    /// Where to pull from first.
    public var mirrors: [RegistryMirror]?
    /// Whether what no mirror has comes from the registry itself.
    public var fallback: Bool?
}
