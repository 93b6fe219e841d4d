internal import DockerfileFrontend
internal import FileSystem

/// WORKDIR.
extension StageBuild {
    func performWorkdir(_ text: String, _ instruction: Instruction) throws {
        let path = try expand(text, instruction)
        guard !path.isEmpty else { throw ExecutionError.invalidArgument("WORKDIR requires exactly one argument") }
        let directory = RootPath(path.hasPrefix("/") ? path : "\(state.workingDirectory)/\(path)").description
        state.config.workingDir = directory
        guard directory != "/" else { return try addHistory("WORKDIR /") }
        var key = StepKey(kind: "WORKDIR", platform: state.platform)
        key.add("parent layers", state.diffIDs.map(\.description))
        key.add("path", directory)
        key.add("user", state.config.user ?? "")
        let step = image.step(instruction, of: self, key: key, createdBy: "WORKDIR \(directory)")
        try image.runner.perform(step, on: &state) { [state] in
            let identity = try image.users(of: state).identity(state.config.user ?? "")
            let attributes = CopyAttributes(owner: Owner(uid: identity.uid, gid: identity.gid), mode: nil)
            return try image.change(state) { root in
                _ = try CopyDestination(root: root, attributes: attributes).directory(RootPath(directory))
            }
        }
    }
}
