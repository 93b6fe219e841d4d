internal import FileSystem
internal import OCI
internal import Synchronization

/// The names of an OCI layout, read anew when its index is another file: whoever writes replaces it in one instant.
final class LayoutNames: Sendable {
    private struct State {
        var status: FileStatus?
        var manifests: [String: Descriptor] = [:]
    }

    private static let nameKey = "org.opencontainers.image.ref.name"
    private static let sizeLimit = 256 << 20

    private let folder: String
    private let state = Mutex(State())

    init(folder: String) { self.folder = folder }

    /// Nil also where there is no layout. Blocks.
    func manifest(named name: String) throws -> Descriptor? {
        let file: OpenFile
        do {
            file = try HostFiles.ofProcess.open("\(folder)/index.json", [.read, .nonBlocking])
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
        return try state.withLock { state in
            let status = try file.status()
            if !Self.isSame(status, state.status) {
                state.manifests = try Self.names(in: file.readAll(limit: Self.sizeLimit) ?? [])
                state.status = status
            }
            return state.manifests[name]
        }
    }

    private static func isSame(_ status: FileStatus, _ other: FileStatus?) -> Bool {
        guard let other else { return false }
        return (status.device, status.inode, status.size) == (other.device, other.inode, other.size)
            && status.modified == other.modified
    }

    private static func names(in bytes: [UInt8]) throws -> [String: Descriptor] {
        if bytes.isEmpty { return [:] }
        let index = try OCIDocument.decode(ImageIndex.self, from: bytes)
        return Dictionary(
            index.manifests.compactMap { entry in entry.annotations?[nameKey].map { ($0, entry) } },
            uniquingKeysWith: { $1 })
    }
}
