public import OCI

/// What cannot be had without a network, and what is wrong with a folder of base images.
public enum OfflineError: Error, Hashable {
    /// As people write them.
    case unknownImages([String])
    case missingLayer(Digest, reference: String)
    /// A repository, an archive or a file.
    case unknownSource(String)
    /// Something that is asked of a registry.
    case registry(String)
    case damagedBaseCache(String, reason: String)
}

extension OfflineError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownImages(let names):
            "offline: this machine does not know \(names.joined(separator: ", ")); with a network, build-all warm fetches"
                + " base images ahead of time"
        case .missingLayer(let digest, let reference):
            "offline: the layer \(digest) of \(reference) is not in the store; with a network, build-all warm fetches it"
        case .unknownSource(let text): "offline: \(text) was not fetched before; build once with a network"
        case .registry(let doing): "offline: \(doing) needs a registry"
        case .damagedBaseCache(let path, let reason): "the base cache \(path) cannot be used: \(reason)"
        }
    }
}
