internal import FileSystem
internal import Glibc
internal import HTTP
internal import Jobs
internal import Layers
internal import OCI
internal import Storage
internal import SystemPackage

/// Archives as folders, each unpacked once for all runs.
struct UnpackedArchives {
    let folder: FilePath
    /// On the same file system.
    let temporary: FilePath

    /// The contents of an archive of the store; `url` is for errors. Blocks.
    func folder(of digest: Digest, blobs: BlobStore, url: String) throws -> FilePath {
        let place = folder.appending(digest.hex)
        let folder = try OpenFile.makeFolders(folder.string, mode: 0o700)
        if try folder.statusIfPresent(of: FileName(digest.hex)) != nil { return place }
        let file = try blobs.open(digest)
        guard let kind = try archiveKind(of: file) else { throw Self.failure(url, "it is no tar archive") }
        let drafts = try OpenFile.open(temporary.string, [.read, .directory])
        let draft = FileName("archive-" + String(UInt64.random(in: .min ... .max), radix: 36))
        try drafts.makeDirectory(draft, mode: 0o755)
        do {
            // As with any context, owners do not count; the executor may be another user, so ours are given.
            try extractArchive(
                file, kind: kind, into: drafts.open(draft, [.read, .directory]),
                owner: FileOwner(uid: geteuid(), gid: getegid()))
            if let device = try Self.device(in: drafts, draft) {
                throw Self.failure(url, "\(device) in it is a device")
            }
            try drafts.rename(draft, to: FileName(digest.hex), in: folder)
        } catch {
            try drafts.removeTree(draft)
            throw error
        }
        return place
    }

    /// As root, what an archive says of devices is made; none of this machine's is to be in reach of a build.
    private static func device(in folder: OpenFile, _ name: FileName) throws -> FileName? {
        let folder = try folder.open(name, [.read, .directory, .noFollow])
        for entry in try folder.entries() {
            switch try entry.kind ?? folder.status(of: entry.name).kind {
            case .characterDevice, .blockDevice: return entry.name
            case .directory: if let found = try device(in: folder, entry.name) { return found }
            default: break
            }
        }
        return nil
    }

    private static func failure(_ url: String, _ reason: String) -> JobFailure {
        let text = "\(withoutSecrets(url)): \(reason)"
        return JobFailure(class: .context, message: text, summary: text)
    }

    /// Without user, password and query.
    private static func withoutSecrets(_ url: String) -> String {
        HTTPURL.parse(withCredentials: url)?.url.description ?? ""
    }
}
