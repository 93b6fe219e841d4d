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
            let reference = Material.withoutSecrets(url)
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
}
