internal import DockerfileFrontend
internal import Jobs
internal import OCI

/// Finds the time that `SOURCE_DATE_EPOCH` means.
struct EpochSource {
    let job: Job
    let scheduler: any SchedulerLink

    /// In seconds since 1970; nil if nothing says a time.
    func seconds(_ epoch: SourceDateEpoch?) throws -> Int64? {
        switch epoch {
        case nil: nil
        case .context?: job.contextTime
        case .seconds(let seconds)?: seconds
        case .namedContext(let key)?: try seconds(ofContext: key)
        case .source(let source, let checksum)?: try seconds(of: source, checksum: checksum)
        }
    }

    private func seconds(ofContext name: String) throws -> Int64? {
        guard case .fetched(_, isRepository: true)? = job.namedContexts[name] else { return nil }
        return try commitTime(.context(name: name))
    }

    private func seconds(of source: AddSource, checksum: String?) throws -> Int64? {
        switch source {
        case .path: return nil
        case .url(let url):
            let answer = try scheduler.request(.download(url: url, checksum: try checksum.map { try Digest($0) }))
            guard case .downloaded(let file) = answer else { throw unusable(answer) }
            return file.lastModified
        case .git(let source):
            let checkout = GitCheckout(
                remote: source.remote, reference: source.reference, subfolder: source.subfolder,
                commit: checksum ?? source.commit, fetchesSubmodules: source.fetchesSubmodules)
            return try commitTime(.checkout(checkout))
        }
    }

    private func commitTime(_ request: ExecutorRequest) throws -> Int64? {
        let answer = try scheduler.request(request)
        guard case .folder(let folder) = answer else { throw unusable(answer) }
        return folder.commitTime
    }

    private func unusable(_ response: ExecutorResponse) -> any Error {
        if case .failed(let failure) = response { return ExecutionError.imageUnavailable(failure) }
        return ExecutionError.protocolViolation("no source where SOURCE_DATE_EPOCH asked for one")
    }
}
