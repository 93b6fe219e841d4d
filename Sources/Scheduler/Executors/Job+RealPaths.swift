internal import FileSystem
internal import Jobs
internal import SystemPackage

extension Job {
    /// With the folders that the executor opens as they were found before the root became an image's.
    func withRealPaths() throws -> Job {
        var job = self
        job.contextFolder = try contextFolder.map(Self.real)
        job.namedContexts = try namedContexts.mapValues { context in
            guard case .folder(let path, let ignoreFile) = context else { return context }
            return .folder(try Self.real(path), ignoreFile: ignoreFile)
        }
        job.rootfsOutput = try rootfsOutput.map { output in
            let path = FilePath(output)
            let folder = FilePath(try Self.real(path.removingLastComponent().string))
            return path.lastComponent.map { folder.appending($0).string } ?? output
        }
        return job
    }

    private static func real(_ folder: String) throws -> String {
        if let path = HostFiles.ofProcess.path(folder) { return path }
        let text = "\(folder) is not there any more"
        throw JobFailure(class: .context, message: text, summary: text)
    }
}
