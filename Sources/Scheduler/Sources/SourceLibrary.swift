public import Contexts
internal import FileSystem
internal import Jobs
internal import Layers
internal import OCI
internal import Planning
public import Storage
internal import SystemPackage

/// What images of a run read from outside, each fetched once: files, trees of repositories, archives, layouts.
public final class SourceLibrary: Sendable {
    private struct WebSource: Hashable, Sendable {
        let url: String
        let checksum: Digest?
        let asOurselves: Bool
    }

    private struct LayoutSource: Hashable, Sendable {
        let folder: String
        let reference: String?
        let platform: Platform
    }

    private let blobs: BlobStore
    private let lease: ContextLease
    private let configuration: ContextsConfiguration
    private let known: KnownSources
    private let isOffline: Bool
    private let files: WebFiles
    private let repositories: GitCheckouts
    private let standardInput: StandardInput
    private let downloads = SharedWork<WebSource, Download>()
    private let trees = SharedWork<GitRequest, FetchedFolder>()
    private let archives = SharedWork<ArchiveSource.Place, FetchedFolder>()
    private let layouts = SharedWork<LayoutSource, ResolvedImage>()

    /// For one run, or one command beside runs, in a state folder that was prepared.
    public init(
        blobs: BlobStore, state: StateFolder, configuration: ContextsConfiguration, isOffline: Bool = false
    ) throws(StorageError) {
        self.blobs = blobs
        standardInput = StandardInput(blobs: blobs)
        lease = try ContextLease(state)
        self.configuration = configuration
        self.isOffline = isOffline
        known = KnownSources(contexts: configuration.folder, temporary: configuration.temporary)
        files = WebFiles(configuration, store: BlobFiles(blobs: blobs))
        repositories = GitCheckouts(configuration)
    }

    /// A context of the batch manifest.
    func fetch(_ context: RemoteContext) async -> Result<FetchedFolder, JobFailure> {
        do {
            switch context {
            case .git(let checkout): return .success(try await self.checkout(checkout, allowsLocal: true))
            case .archive(let source): return .success(try await unpack(source))
            }
        } catch {
            return .failure(JobFailure(error))
        }
    }

    /// - Parameter asOurselves: whether the manifest or the command line names the URL, not a Dockerfile.
    func download(_ url: String, checksum: Digest?, asOurselves: Bool = false) async throws -> Download {
        let source = WebSource(url: url, checksum: checksum, asOurselves: asOurselves)
        return try await downloads.value(for: source) {
            let key = "file \(url) \(checksum?.description ?? "")\(asOurselves ? " as ourselves" : "")"
            if self.isOffline { return try self.knownDownload(key, url) }
            let file = try await self.files.download(url, checksum: checksum, asOurselves: asOurselves)
            let download = Download(
                digest: file.digest, sizeInBytes: file.sizeInBytes, lastModified: file.lastModified)
            try self.known.keep(download, for: key)
            return download
        }
    }

    /// - Parameter isOfManifest: whether the manifest or the command line names the repository: only then may it be one of
    ///   this machine, and are the user's credentials for it.
    func checkout(_ checkout: GitCheckout, allowsLocal isOfManifest: Bool) async throws -> FetchedFolder {
        var request = GitRequest(remote: checkout.remote, reference: checkout.reference)
        request.subfolder = checkout.subfolder
        request.commit = checkout.commit
        request.keepsGitFolder = checkout.keepsGitFolder
        request.fetchesSubmodules = checkout.fetchesSubmodules
        request.usesCommitTime = checkout.usesCommitTime
        request.usesEnvironmentToken = checkout.usesEnvironmentToken
        request.isOfManifest = isOfManifest
        return try await trees.value(for: request) { [request] in
            try await self.folder(
                "git \(checkout)\(isOfManifest ? " of the manifest" : "")",
                shown: "the repository \(Material.withoutSecrets(checkout.remote))"
            ) {
                let tree = try await self.repositories.checkout(request)
                return FetchedFolder(path: tree.path.string, revision: tree.commit, commitTime: tree.commitTime)
            }
        }
    }

    /// Also of standard input, which is read once, and of files of this machine.
    func unpack(_ source: ArchiveSource) async throws -> FetchedFolder {
        let whole = try await archives.value(for: source.place) {
            switch source.place {
            case .standardInput: try await self.unpack(try await self.standardInput.digest(), source.shown)
            case .url(let url):
                try await self.folder("archive \(url)", shown: "the archive \(source.shown)") {
                    try await self.unpack(
                        try await self.download(url, checksum: nil, asOurselves: true).digest, source.shown)
                }
            case .file(let path): try await self.unpack(file: path)
            }
        }
        guard let folder = source.subfolder else { return whole }
        return try UnpackedArchives.folder(folder, in: whole, name: source.shown)
    }

    /// A blob of the store.
    private func unpack(_ digest: Digest, _ name: String) async throws -> FetchedFolder {
        try await BlockingWork.run(checking: { [self] flag in
            let path = try unpacked(flag).folder(of: digest, name: name) { try blobs.open(digest) }
            return FetchedFolder(path: path.string, revision: digest.description, commitTime: nil)
        })
    }

    private func unpack(file path: String) async throws -> FetchedFolder {
        try await BlockingWork.run(checking: { [self] flag in
            let archive = try LocalArchive(path, flag)
            let folder = try unpacked(flag).folder(of: archive.digest, name: path) {
                archive.file
            } check: {
                try archive.checkUnchanged()
            }
            return FetchedFolder(path: folder.string, revision: archive.digest.description, commitTime: nil)
        })
    }

    private func unpacked(_ flag: CancellationFlag) -> UnpackedArchives {
        UnpackedArchives(
            folder: configuration.folder.appending("archives"), temporary: configuration.temporary, lease: lease,
            flag: flag)
    }

    /// A folder that stays for the rest of the run: one that is pruned just after it was found is fetched again.
    private func folder(
        _ key: String, shown: String, fetch: () async throws -> FetchedFolder
    ) async throws -> FetchedFolder {
        if isOffline {
            guard let folder = try known.find(key, as: FetchedFolder.self), try lease.keep(FilePath(folder.path)) else {
                throw OfflineError.unknownSource(shown)
            }
            return folder
        }
        while true {
            let folder = try await fetch()
            guard try lease.keep(FilePath(folder.path)) else { continue }
            try known.keep(folder, for: key)
            return folder
        }
    }

    private func knownDownload(_ key: String, _ url: String) throws -> Download {
        guard let download = try known.find(key, as: Download.self),
            try blobs.size(of: download.digest) == download.sizeInBytes
        else { throw OfflineError.unknownSource(Material.withoutSecrets(url)) }
        return download
    }

    func resolve(layout folder: String, reference: String?, platform: Platform) async throws -> ResolvedImage {
        let source = LayoutSource(folder: folder, reference: reference, platform: platform)
        return try await layouts.value(for: source) {
            try await BlockingWork.run(checking: { [blobs = self.blobs] flag in
                try LayoutReader(folder: folder, blobs: blobs, flag).image(reference, platform)
            })
        }
    }
}

/// The store, for downloads.
private struct BlobFiles: FileStore {
    let blobs: BlobStore

    func size(of digest: Digest) throws -> Int64? { try blobs.size(of: digest) }
    func makeSink() throws -> any Contexts.FileSink { try Sink(blobs) }

    /// Safe because all calls come one after the other.
    private final class Sink: Contexts.FileSink, @unchecked Sendable {
        private let blobs: BlobStore
        private var writer: BlobWriter?

        init(_ blobs: BlobStore) throws(StorageError) {
            self.blobs = blobs
            writer = try blobs.makeWriter(hashing: false)
        }

        func write(_ bytes: UnsafeRawBufferPointer) throws { try writer?.write(bytes) }
        func restart() throws { writer = try blobs.makeWriter(hashing: false) }
        func commit(as digest: Digest) throws { try writer?.commit(trusting: digest) }
        func discard() { writer = nil }
    }
}
