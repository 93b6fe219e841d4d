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
            try report(Self.withoutSecrets(url), download.digest)
            let source = CopySource(
                download, name: AddSource.fileName(ofURL: url), at: blobs.path(of: download.digest))
            return .download(source, download.digest)
        case let response: throw unusable(response)
        }
    }

    func checkout(_ source: GitSource) throws -> CopyInput {
        let checkout = try checkout(of: source)
        switch try scheduler.request(.checkout(checkout)) {
        case .folder(let folder):
            // The ledger keeps digests: that of the commit's name, which itself is in the reference.
            try report("\(Self.withoutSecrets(source.remote))#\(folder.revision)", Digest(of: folder.revision.utf8))
            return .repository(folder, checkout)
        case let response: throw unusable(response)
        }
    }

    /// The flags of the instruction and what the source's text says must not contradict each other.
    private func checkout(of source: GitSource) throws -> GitCheckout {
        if let flag = request.keepsGitFolder, let text = source.keepsGitFolder, flag != text {
            throw ExecutionError.invalidArgument("inconsistent keep-git-dir configuration")
        }
        if let flag = request.checksum, let text = source.commit, flag != text {
            throw ExecutionError.invalidArgument("checksum mismatch \"\(flag)\" != \"\(text)\"")
        }
        let commit = request.checksum ?? source.commit
        return GitCheckout(
            remote: source.remote, reference: source.fetchesByCommit ? commit : source.reference,
            subfolder: source.subfolder, commit: commit,
            keepsGitFolder: request.keepsGitFolder ?? source.keepsGitFolder ?? false,
            fetchesSubmodules: source.fetchesSubmodules, usesCommitTime: source.usesCommitTime)
    }

    private func report(_ reference: String, _ digest: Digest) throws {
        try scheduler.send(.material(Material(role: .add, reference: reference, digest: digest)))
    }

    private func unusable(_ response: ExecutorResponse) -> ExecutionError {
        if case .failed(let failure) = response { return .imageUnavailable(failure) }
        return .protocolViolation("no file where one was asked for")
    }

    /// A URL without user, password, query and fragment: any of them may be a secret.
    static func withoutSecrets(_ url: String) -> String {
        let text = url.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = text.firstRange(of: "://") else { return String(text) }
        let rest = text[scheme.upperBound...]
        let host = rest.prefix { $0 != "/" }
        guard let at = host.lastIndex(of: "@") else { return String(text) }
        return String(text[..<scheme.upperBound] + rest[rest.index(after: at)...])
    }
}
