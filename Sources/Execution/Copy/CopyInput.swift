internal import DockerfileFrontend
internal import FileSystem
internal import Jobs
internal import OCI
internal import Storage
internal import SystemPackage

/// Where files of a COPY or ADD come from.
enum CopyOrigin {
    case folder(ContextFolder)
    /// The root file system of a stage or an image.
    case layers([ChainLayer])
}

/// Some sources of a COPY or ADD, as far as they are known before the step is looked up in the cache.
enum CopyInput {
    /// Files of a context: what they hold is in the key.
    case context(ContextFolder, [CopySource])
    /// Paths in a stage or an image: its layers are in the key, the files are looked for when the step runs.
    case stage([ChainLayer], [String])
    /// A file that a URL gave.
    case download(CopySource, Digest)
    /// A tree of a repository.
    case repository(FetchedFolder, GitCheckout)
    case heredoc(Heredoc)
}

extension CopyInput {
    func addKey(to key: inout StepKey) throws {
        switch self {
        case .context(let folder, let sources): try folder.addKey(of: sources, to: &key)
        case .stage(let layers, let paths):
            key.add("sources", paths)
            key.add("source layers", layers.map(\.diffID.description))
        case .download(let source, let digest):
            key.add("download", [String(decoding: source.name, as: UTF8.self), digest.description])
        case .repository(let folder, let checkout):
            key.add(
                "repository",
                [
                    folder.revision, checkout.subfolder ?? "", "\(checkout.keepsGitFolder)",
                    "\(checkout.fetchesSubmodules)",
                ]
            )
        case .heredoc(let heredoc):
            key.add("heredoc", [heredoc.name, Digest(of: heredoc.body).description])
        }
    }
}

extension CopySource {
    /// A heredoc as a file: `madeTime` is its time.
    init(_ heredoc: Heredoc, madeTime: FileTime) {
        self.init(
            origin: .bytes(heredoc.body), name: heredoc.name, permissions: 0o644, size: Int64(heredoc.body.count),
            modified: madeTime)
    }

    /// What a URL gave; without a Last-Modified it is from the year 1970.
    init(_ download: Download, name: String, at path: FilePath) {
        self.init(
            origin: .file(path), name: name, permissions: 0o600, size: download.sizeInBytes,
            modified: FileTime(seconds: download.lastModified ?? 0))
    }

    private init(origin: Origin, name: String, permissions: UInt16, size: Int64, modified: FileTime) {
        let path = RootPath(names: [Array(name.utf8)])
        let status = FileStatus(kind: .regular, permissions: permissions, size: size, modified: modified)
        self.init(
            origin: origin, path: path, isDirectory: false,
            entries: [CopyEntry(source: path, target: .root, status: status)])
    }
}
