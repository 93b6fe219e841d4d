internal import DockerfileFrontend
internal import FileSystem
internal import OCI

/// COPY and ADD.
extension StageBuild {
    func perform(_ request: CopyRequest, _ instruction: Instruction) throws {
        let destination = request.absoluteDestination(in: state.workingDirectory)
        var key = key(instruction)
        key.add("destination", destination)
        key.add("owner", request.owner ?? "")
        key.add("mode", request.mode ?? "")
        switch try image.origin(of: stage.copySources[place]) {
        case .folder(let context):
            let sources = try context.sources(request.sources)
            try context.addKey(of: sources, to: &key)
            try image.runner.perform(step(instruction, key: key, createdBy: request.history), on: &state) { [state] in
                try write(sources, of: context.tree, to: destination, request, state)
            }
        case .layers(let layers):
            key.add("sources", request.sources)
            key.add("source layers", layers.map(\.diffID.description))
            try image.runner.perform(step(instruction, key: key, createdBy: request.history), on: &state) { [state] in
                try image.withView(of: layers) { root in
                    let tree = SourceTree(root: root, filter: NoFilter(), keepsMetadata: true)
                    let sources = try SourceFinder(tree: tree).sources(request.sources)
                    return try write(sources, of: tree, to: destination, request, state)
                }
            }
        }
    }

    private func write(
        _ sources: [CopySource], of tree: SourceTree, to destination: String, _ request: CopyRequest,
        _ state: StageState
    ) throws -> StepWork {
        let attributes = CopyAttributes(
            owner: try request.owner.map { try image.users(of: state).owner($0) },
            mode: try request.mode.map { try FileMode(parsing: $0) })
        let operation = CopyOperation(
            tree: tree, sources: sources, destination: destination, attributes: attributes,
            unpacksArchives: request.unpacksArchives)
        return try image.change(state) { try operation.run(in: $0) }
    }
}

/// What COPY and ADD have in common; words are expanded.
struct CopyRequest {
    var sources: [String]
    var destination: String
    var from: String?
    var owner: String?
    var mode: String?
    /// ADD unpacks local archives.
    var unpacksArchives: Bool
    /// For the image's history.
    var history: String

    init(_ copy: CopyInstruction) throws {
        if !copy.heredocs.isEmpty { throw ExecutionError.notServed("a heredoc in COPY") }
        if copy.isLink { throw ExecutionError.notServed("COPY --link") }
        if copy.keepsParents { throw ExecutionError.notServed("COPY --parents") }
        if !copy.excludes.isEmpty { throw ExecutionError.notServed("COPY --exclude") }
        (sources, destination, from) = (copy.sources, copy.destination, copy.from)
        (owner, mode) = (copy.owner, copy.mode)
        unpacksArchives = false
        history = HistoryText.copy(copy)
    }

    init(_ add: AddInstruction) throws {
        if !add.heredocs.isEmpty { throw ExecutionError.notServed("a heredoc in ADD") }
        if add.isLink { throw ExecutionError.notServed("ADD --link") }
        if !add.excludes.isEmpty { throw ExecutionError.notServed("ADD --exclude") }
        if add.unpacks != nil { throw ExecutionError.notServed("ADD --unpack") }
        for source in add.sources {
            guard case .path = try AddSource(source) else { throw ExecutionError.notServed("ADD of a URL") }
        }
        (sources, destination, from) = (add.sources, add.destination, nil)
        (owner, mode) = (add.owner, add.mode)
        unpacksArchives = true
        history = HistoryText.add(add)
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
