internal import FileSystem
internal import Glibc
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
        guard let kind = try archiveKind(of: file) else {
            let text = "\(url.prefix { $0 != "?" }): it is no tar archive"
            throw JobFailure(class: .context, message: text, summary: text)
        }
        let drafts = try OpenFile.open(temporary.string, [.read, .directory])
        let draft = FileName("archive-" + String(UInt64.random(in: .min ... .max), radix: 36))
        try drafts.makeDirectory(draft, mode: 0o755)
        do {
            // As with any context, owners do not count; the executor may be another user, so ours are given.
            try extractArchive(
                file, kind: kind, into: drafts.open(draft, [.read, .directory]),
                owner: FileOwner(uid: geteuid(), gid: getegid()))
            try drafts.rename(draft, to: FileName(digest.hex), in: folder)
        } catch {
            try drafts.removeTree(draft)
            throw error
        }
        return place
    }
}
