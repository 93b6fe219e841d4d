internal import Jobs
internal import OCI
internal import Storage
internal import Threads

/// The folders that COPY and ADD read, each opened once.
final class ContextFolders: Sendable {
    private let state: StateFolder
    private let folders = Monitor<[String: ContextFolder]>([:])
    private let told = Once<String>()

    init(state: StateFolder) {
        self.state = state
    }

    func folder(_ path: String, ignoreFile: String?) throws -> ContextFolder {
        let result = folders.change { folders in
            Result {
                // One folder may be the main context and a named one, with another ignore file.
                let key = "\(path)\u{0}\(ignoreFile ?? "")"
                if let folder = folders[key] { return folder }
                let folder = try ContextFolder(path: path, ignoreFile: ignoreFile, state: state)
                folders[key] = folder
                return folder
            }
        }
        return try result.get()
    }

    /// What a named context stands for, if that is a folder; fetched when it is asked for.
    func folder(named name: String, job: Job, scheduler: any SchedulerLink) throws -> ContextFolder? {
        switch job.namedContexts[name] {
        case .folder(let path, let ignoreFile)?: try folder(path, ignoreFile: ignoreFile)
        case .fetched(let origin, _)?: try fetched(.context(name: name), reference: origin, scheduler)
        case .git?, .archive?: throw ExecutionError.protocolViolation("an address where a name was expected")
        case .sibling?, .image?, .layout?, .scratch?, nil: nil
        }
    }

    private func fetched(
        _ request: ExecutorRequest, reference: String, _ scheduler: any SchedulerLink
    ) throws -> ContextFolder {
        switch try scheduler.request(request) {
        case .folder(let fetched):
            let material = try Material(role: .context, remote: reference, fetched)
            if told.isFirst(material.reference) { try scheduler.send(.material(material)) }
            return try folder(fetched.path, ignoreFile: nil)
        case .failed(let failure): throw ExecutionError.imageUnavailable(failure)
        default: throw ExecutionError.protocolViolation("no folder where one was asked for")
        }
    }

    /// Remembers what was digested, for the next build.
    func save() throws {
        for folder in folders.change({ Array($0.values) }) { try folder.save() }
    }
}
