internal import Jobs
internal import Manifest
internal import SystemPackage

/// The main context of one image, as far as it is there.
enum MainContext {
    case none
    /// Absolute.
    case folder(String)
    case fetched(RemoteContext, FetchedFolder)
    /// Nobody has fetched it, so nothing of it is known yet.
    case missing(RemoteContext)
    case failed(JobFailure)

    init(_ spec: ImageSpec, _ options: PlanOptions) {
        guard let context = spec.context else {
            self = .none
            return
        }
        do throws(ContextTextError) {
            switch try ContextPlace(context.value, environment: options.environment) {
            case .folder(let path): self = .folder(path.lexicallyNormalized().string)
            case .remote(let remote):
                switch options.contexts[remote] {
                case .success(let folder)?: self = .fetched(remote, folder)
                case .failure(let failure)?: self = .failed(failure.marked(context.mark))
                case nil: self = .missing(remote)
                }
            }
        } catch {
            self = .failed(.unreadable("\(context.mark): context: \(error)"))
        }
    }

    /// Opened for reading; nil if there is none. Messages show paths from the manifest's folder, or behind what was
    /// fetched.
    func root(manifestFolder: String) throws(JobFailure) -> ReadingRoot? {
        switch self {
        case .none: return nil
        case .folder(let path): return try ReadingRoot(path, shownFrom: manifestFolder)
        case .fetched(let remote, let folder): return try ReadingRoot(folder.path, shownAs: remote.shown)
        case .missing(let remote): throw .unreadable("\(remote.shown): it was not fetched")
        case .failed(let failure): throw failure
        }
    }

    /// What the executor is told of it.
    var place: (folder: String?, time: Int64?) {
        switch self {
        case .folder(let path): (path, nil)
        case .fetched(_, let folder): (folder.path, folder.commitTime)
        case .none, .missing, .failed: (nil, nil)
        }
    }

    var fetched: (remote: RemoteContext, folder: FetchedFolder)? {
        if case .fetched(let remote, let folder) = self { return (remote, folder) }
        return nil
    }

    var hasFailed: Bool {
        if case .failed = self { return true }
        return false
    }
}

extension JobFailure {
    /// With the place in the manifest that names what failed.
    fileprivate func marked(_ mark: SourceMark) -> JobFailure {
        var failure = self
        failure.message = "\(mark): context: \(message)"
        failure.summary = "\(mark): context: \(summary)"
        return failure
    }
}
