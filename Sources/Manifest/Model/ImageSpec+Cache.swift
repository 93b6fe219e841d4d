public import OCI
public import SystemPackage

extension ImageSpec {
    /// How results of steps are kept, and with whom they are shared.
    public struct Cache: Hashable, Sendable {
        public var mode = CacheMode.max
        /// Results that are older do not count.
        public var ttl: Duration?
        /// Read and written.
        public var repository: CachePlace?
        /// Read after `repository`, in this order.
        public var sources: [CachePlace] = []
        /// Stages whose steps always run.
        public var freshStages: [String] = []
    }

    /// Which results go to the cache that machines share; our own has them all.
    public enum CacheMode: String, Hashable, Sendable, CaseIterable {
        /// Those of every step.
        case max
        /// Those of the steps whose layers are in the image.
        case min
        /// None; nor are any looked up, or kept here.
        case off
    }

    /// Where results of steps are found.
    public enum CachePlace: Hashable, Sendable {
        /// A repository with an entry a step. The reference's tag means nothing.
        case repository(ImageReference)
        /// An image that build-all pushed with the list of its steps.
        case image(ImageReference)
        /// An OCI layout with an entry a step.
        case folder(FilePath)
    }
}

/// A place as it is written: `oci:FOLDER`, `HOST/REPOSITORY`, or with a tag or digest an image.
enum CachePlaceText {
    case folder(String)
    case repository(ImageReference)
    case image(ImageReference)

    init(_ text: String) throws(OCIError) {
        if text.hasPrefix("oci:") {
            let path = text.dropFirst(4)
            guard !path.isEmpty, !path.hasPrefix("//") else {
                throw .invalidReference(text, reason: "after oci: the path of a folder is needed")
            }
            self = .folder(String(path))
            return
        }
        guard !text.contains("://") else {
            throw .invalidReference(text, reason: "it has a scheme; plain HTTP is said under registries")
        }
        guard text.contains("/") else {
            throw .invalidReference(
                text, reason: "it names no registry, as registry.example.com/cache, and no oci:FOLDER")
        }
        let reference = try ImageReference(text)
        let name = text[(text.lastIndex(of: "/") ?? text.startIndex)...]
        self = name.contains(":") || name.contains("@") ? .image(reference) : .repository(reference)
    }
}
