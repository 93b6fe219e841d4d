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
            // As with any context, owners do not count; the executor may be another user, so ours are given. No device of
            // this machine is to be in reach of a build.
            try extractArchive(
                file, kind: kind, into: drafts.open(draft, [.read, .directory]),
                owner: FileOwner(uid: geteuid(), gid: getegid()), makesDevices: false)
            try drafts.rename(draft, to: FileName(digest.hex), in: folder)
        } catch {
            try drafts.removeTree(draft)
            if let error = error as? LayersError { throw Self.failure(url, "\(error)") }
            throw error
        }
        return place
    }

    private static func failure(_ url: String, _ reason: String) -> JobFailure {
        let text = "\(withoutSecrets(url)): \(reason)"
        return JobFailure(class: .context, message: text, summary: text)
    }

    /// Without user, password and query.
    static func withoutSecrets(_ url: String) -> String {
        HTTPURL.parse(withCredentials: url)?.url.description ?? ""
    }
}
