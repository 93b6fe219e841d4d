internal import DockerfileFrontend
internal import Jobs
internal import OCI
internal import Storage

/// What ADD fetches from outside: the scheduler does it.
struct RemoteSources {
    let request: CopyRequest
    let blobs: BlobStore
    let scheduler: any SchedulerLink

    func download(_ url: String) throws -> CopyInput {
        let checksum = try request.checksum.map { try Digest($0) }
        switch try scheduler.request(.download(url: url, checksum: checksum)) {
        case .downloaded(let download):
            let reference = Self.withoutSecrets(url)
            try scheduler.send(.material(Material(role: .add, reference: reference, digest: download.digest)))
            let source = CopySource(
                download, name: AddSource.fileName(ofURL: url), at: blobs.path(of: download.digest))
            return .download(source, download.digest)
        case let response: throw unusable(response)
        }
    }

    func checkout(_ source: GitSource) throws -> CopyInput {
        let checkout = GitCheckout(
            remote: source.remote, reference: source.fetchesByCommit ? source.commit : source.reference,
            subfolder: source.subfolder, commit: source.commit, keepsGitFolder: source.keepsGitFolder ?? false,
            fetchesSubmodules: source.fetchesSubmodules, usesCommitTime: source.usesCommitTime)
        switch try scheduler.request(.checkout(checkout)) {
        case .folder(let folder):
            try scheduler.send(.material(try Material(role: .add, remote: source.remote, folder)))
            return .repository(folder, checkout)
        case let response: throw unusable(response)
        }
    }

    private func unusable(_ response: ExecutorResponse) -> ExecutionError {
        if case .failed(let failure) = response { return .imageUnavailable(failure) }
        return .protocolViolation("no file where one was asked for")
    }

    /// A URL without user, password, query and fragment: any of them may be a secret.
    static func withoutSecrets(_ url: String) -> String {
        withoutUser(String(url.prefix { $0 != "?" && $0 != "#" }))
    }

    /// A source without the user and password that a URL has before its host.
    static func withoutUser(_ source: String) -> String {
        guard let scheme = source.firstRange(of: "://") else { return source }
        let rest = source[scheme.upperBound...]
        let host = rest.prefix { !["/", "?", "#"].contains($0) }
        guard let at = host.lastIndex(of: "@") else { return source }
        return String(source[..<scheme.upperBound] + rest[rest.index(after: at)...])
    }
}

extension Material {
    /// A folder that was fetched. The ledger keeps digests: of a commit, that of its name, which is in the reference.
    init(role: Role, remote: String, _ folder: FetchedFolder) throws {
        self.init(
            role: role, reference: "\(RemoteSources.withoutSecrets(remote))#\(folder.revision)",
            digest: folder.revision.hasPrefix("sha256:")
                ? try Digest(folder.revision) : Digest(of: folder.revision.utf8))
    }
}
