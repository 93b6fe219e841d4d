internal import FileSystem
internal import Glibc
internal import OCI
internal import Storage
public import SystemPackage

/// Fills a folder with base images, for `BaseCache`. Several processes may do so at once: what one downloads the others
/// wait for. Whatever the umask, everyone may read what is in it.
public struct BaseCacheWriter: Sendable {
    /// What a killed process left here goes after a day.
    private static let draftLifeInSeconds: Int64 = 86_400

    let path: FilePath
    let blobs: BlobStore
    private let root: OpenFile
    private let drafts: OpenFile
    private let locks: OpenFile

    /// Makes the folder, or takes one that is an image layout, or empty.
    public init(_ path: FilePath) throws {
        self.path = path
        root = try Self.folder(path)
        let isLayout = try root.statusIfPresent(of: "oci-layout") != nil
        if !isLayout, try root.entries().contains(where: { !Self.isOurs($0.name) }) {
            throw OfflineError.damagedBaseCache(path.string, reason: "it holds something else than an OCI image layout")
        }
        drafts = try Self.folder(path.appending(".tmp"))
        locks = try Self.folder(path.appending(".locks"))
        _ = try Self.folder(path.appending("blobs"))
        _ = try Self.folder(path.appending("blobs/sha256"))
        blobs = try BlobStore(layout: path)
        if !isLayout { try write(Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), as: "oci-layout") }
        try removeDrafts()
    }

    /// Another process may be about to make the layout.
    private static func isOurs(_ name: FileName) -> Bool {
        ["blobs", "oci-layout", "index.json"].contains(name) || name.bytes.first == UInt8(ascii: ".")
    }

    /// Makes sure that a blob is in the folder; whether it was downloaded now.
    func ensure(_ blob: Descriptor, from reference: ImageReference, by registry: any ImageRegistry) async throws -> Bool
    {
        if try blobs.size(of: blob.digest) == blob.size { return false }
        let lock = try await lock(FileName(blob.digest.hex))
        defer { withExtendedLifetime(lock) {} }
        if try blobs.size(of: blob.digest) == blob.size { return false }
        try await registry.fetch(blob, from: reference, into: blobs)
        return true
    }

    /// Lets a reference name an image whose blobs are all there. What it was when the manifest was fetched, not what it is
    /// by now, is noted; an index is kept, so that readers need not believe it.
    func name(_ reference: ImageReference, _ platform: Platform, _ remote: RemoteManifest) async throws {
        let digest = try await BlockingWork.run { [blobs] in try remote.index.map { try blobs.write($0) } }
        let lock = try await lock("index")
        defer { withExtendedLifetime(lock) {} }
        var entry = remote.descriptor
        entry.platform = platform
        entry.annotations = [
            BaseCache.nameKey: reference.description, BaseCache.digestKey: "\(digest ?? entry.digest)",
        ]
        var index = try readIndex()
        index.manifests.removeAll {
            $0.platform == platform && $0.annotations?[BaseCache.nameKey] == reference.description
        }
        index.manifests.append(entry)
        try write(OCIDocument.encode(index), as: "index.json")
    }

    private func readIndex() throws -> ImageIndex {
        guard try root.statusIfPresent(of: "index.json") != nil else { return ImageIndex(manifests: []) }
        let bytes = try root.open("index.json", [.read]).readAll(limit: 64 << 20) ?? []
        do {
            return try OCIDocument.decode(ImageIndex.self, from: bytes)
        } catch {
            throw OfflineError.damagedBaseCache(path.string, reason: "index.json: \(error)")
        }
    }

    // MARK: - Files

    /// Held until the last reference is gone.
    private func lock(_ name: FileName) async throws -> OpenFile {
        try await BlockingWork.run { [locks] in
            let lock = try locks.open(name, [.readWrite, .create], mode: 0o666)
            try lock.lock(waiting: true)
            return lock
        }
    }

    /// Readers see the old content or the new one.
    private func write(_ bytes: [UInt8], as name: FileName) throws(SystemError) {
        let draft = FileName("\(name)-" + String(UInt64.random(in: .min ... .max), radix: 36))
        let file = try drafts.open(draft, [.write, .create, .exclusive], mode: 0o644)
        try file.setPermissions(0o644)
        try file.writeAll(bytes)
        try drafts.rename(draft, to: name, in: root)
    }

    private func removeDrafts() throws(SystemError) {
        let limit = FileTime.now.seconds - Self.draftLifeInSeconds
        for entry in try drafts.open(".", [.read, .directory]).entries() {
            guard let status = try drafts.statusIfPresent(of: entry.name), status.modified.seconds < limit else {
                continue
            }
            try drafts.removeTree(entry.name)
        }
    }

    /// One that is there already keeps its mode.
    private static func folder(_ path: FilePath) throws(SystemError) -> OpenFile {
        do {
            return try OpenFile.open(path.string, [.read, .directory])
        } catch {
            guard error.isNotFound, !error.isNotDirectory else { throw error }
        }
        try OpenFile.makeFolders(path.string).setPermissions(0o755)
        return try OpenFile.open(path.string, [.read, .directory])
    }
}
