internal import DockerfileFrontend
internal import FileSystem
internal import Jobs
internal import OCI

/// COPY and ADD.
extension StageBuild {
    func perform(_ copy: CopyInstruction, _ instruction: Instruction) throws {
        try perform(
            CopyRequest(
                keyword: "COPY", sources: copy.sources, destination: copy.destination, from: copy.from,
                owner: copy.owner, mode: copy.mode), instruction)
    }

    func perform(_ add: AddInstruction, _ instruction: Instruction) throws {
        try perform(
            CopyRequest(
                keyword: "ADD", sources: add.sources, destination: add.destination, from: nil, owner: add.owner,
                mode: add.mode), instruction)
    }

    private func perform(_ request: CopyRequest, _ instruction: Instruction) throws {
        let request = try request.expanded { try expand($0, instruction) }
        let mode = try request.mode.map { try FileMode(parsing: $0) }
        let destination = request.absoluteDestination(in: state.workingDirectory)
        var key = StepKey(kind: request.keyword, platform: state.platform)
        key.add("parent layers", state.diffIDs.map(\.description))
        key.add("destination", destination)
        key.add("owner", request.owner ?? "")
        key.add("mode", request.mode ?? "")
        let origin = try image.origin(of: request.from, in: stage)
        let createdBy = HistoryText.copy(
            request.keyword, sources: request.sources, destination: request.destination, owner: request.owner,
            mode: request.mode)
        switch origin {
        case .folder(let context):
            let sources = try context.sources(request.sources)
            try context.addKey(of: sources, to: &key)
            let step = image.step(instruction, of: self, key: key, createdBy: createdBy)
            try image.runner.perform(step, on: &state) { [state] in
                try write(sources, of: context.tree, to: destination, request, mode, state)
            }
        case .layers(let layers):
            key.add("sources", request.sources)
            key.add("source layers", layers.map(\.diffID.description))
            let step = image.step(instruction, of: self, key: key, createdBy: createdBy)
            try image.runner.perform(step, on: &state) { [state] in
                try image.withView(of: layers) { root in
                    let tree = SourceTree(root: root, filter: NoFilter(), keepsMetadata: true)
                    let sources = try SourceFinder(tree: tree).sources(request.sources)
                    return try write(sources, of: tree, to: destination, request, mode, state)
                }
            }
        }
    }

    private func write(
        _ sources: [CopySource], of tree: SourceTree, to destination: String, _ request: CopyRequest,
        _ mode: FileMode?, _ state: StageState
    ) throws -> StepWork {
        let owner = try request.owner.map { try image.users(of: state).owner($0) }
        let operation = CopyOperation(
            tree: tree, sources: sources, destination: destination,
            attributes: CopyAttributes(owner: owner, mode: mode), unpacksArchives: request.keyword == "ADD")
        return try image.change(state) { try operation.run(in: $0) }
    }
}

/// What COPY and ADD have in common.
struct CopyRequest {
    var keyword: String
    var sources: [String]
    var destination: String
    var from: String?
    var owner: String?
    var mode: String?

    /// All words but `--from` are expanded.
    func expanded(_ expand: (String) throws -> String) rethrows -> CopyRequest {
        CopyRequest(
            keyword: keyword, sources: try sources.map(expand), destination: try expand(destination), from: from,
            owner: try owner.map(expand), mode: try mode.map(expand))
    }

    /// A slash at the end is kept: it means a directory.
    func absoluteDestination(in workingDirectory: String) -> String {
        if destination.hasPrefix("/") { return destination }
        if destination.isEmpty || destination == "." { return workingDirectory + "/" }
        return "\(workingDirectory)/\(destination)"
    }
}

/// Where COPY reads.
enum CopyOrigin {
    case folder(ContextFolder)
    /// The root file system of a stage or an image.
    case layers([ChainLayer])
}
