internal import DockerfileFrontend
internal import FileSystem
internal import OCI

/// WORKDIR.
extension StageBuild {
    /// The directory is made, with its parents, for the user of the stage; a layer comes of it even if it is there.
    func performWorkdir(_ path: String, _ instruction: Instruction) throws {
        let directory = RootPath(path.hasPrefix("/") ? path : "\(state.workingDirectory)/\(path)")
        state.config.workingDir = directory.description
        let createdBy = HistoryText.workdir(directory.description)
        guard directory != .root else { return try addHistory(createdBy) }
        var key = key(instruction)
        key.add("path", directory.description)
        key.add("user", state.config.user ?? "")
        try image.runner.perform(step(instruction, key: key, createdBy: createdBy), on: &state) { [state] in
            // As --chown has it: the group of a number alone is that number, whatever group a step would run in.
            let owner = try image.users(of: state).owner(state.config.user ?? "")
            let attributes = CopyAttributes(owner: owner, madeTime: image.madeTime)
            return try image.write(on: state, attributes) { _ = try $0.directory(directory) }
        }
    }
}
