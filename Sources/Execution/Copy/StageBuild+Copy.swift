internal import DockerfileFrontend
internal import FileSystem
internal import Jobs
internal import Layers
internal import OCI

/// COPY and ADD.
extension StageBuild {
    func perform(_ request: CopyRequest, _ instruction: Instruction) throws {
        let mode = try request.mode.map { try FileMode(parsing: $0) }
        let destination = request.absoluteDestination(in: state.workingDirectory)
        let inputs = try inputs(of: request)
        let key = try key(request, instruction, destination, inputs)
        let step = step(instruction, key: key, createdBy: request.history)
        try image.runner.perform(step, on: &state) { [state] in
            let attributes = CopyAttributes(
                owner: try owner(request, state), mode: mode, madeTime: image.madeTime)
            return try withSources(inputs, request, attributes) { sources in
                let operation = CopyOperation(sources: sources, destination: destination)
                return try image.write(
                    on: request.standsAlone ? nil : state, attributes,
                    throughMount: sources.contains { $0.archive != nil }
                ) { try operation.run(in: $0) }
            }
        }
    }

    /// The result of a copy that stands alone is the same on every base.
    private func key(
        _ request: CopyRequest, _ instruction: Instruction, _ destination: String, _ inputs: [CopyInput]
    ) throws -> StepKey {
        var key = key(instruction)
        if request.standsAlone {
            key = StepKey(kind: instruction.keyword.rawValue, platform: state.platform)
            key.add("link", "true")
        }
        key.add("destination", destination)
        key.add("owner", request.owner ?? "")
        key.add("mode", request.mode ?? "")
        if !request.excludes.isEmpty { key.add("excludes", request.excludes) }
        if request.keepsParents { key.add("parents", "true") }
        if let unpacks = request.unpacks, request.isAdd { key.add("unpack", "\(unpacks)") }
        for input in inputs { try input.addKey(to: &key) }
        return key
    }

    /// Names are looked up in the stage; what is made into an empty root cannot do that.
    private func owner(_ request: CopyRequest, _ state: StageState) throws -> Owner? {
        guard let text = request.owner else { return nil }
        let ownership = try Ownership(parsing: text)
        if ownership.hasNames, request.standsAlone {
            throw ExecutionError.invalidArgument("invalid user index: -1: --chown of a linked copy takes numbers only")
        }
        let users = ownership.hasNames ? try image.users(of: state) : UserDatabase(passwd: "", group: "")
        return try users.owner(text)
    }

    // MARK: - Sources

    /// In the instruction's order, heredocs last.
    private func inputs(of request: CopyRequest) throws -> [CopyInput] {
        let remote = RemoteSources(request: request, blobs: image.stores.blobs, scheduler: image.scheduler)
        let origin = try request.paths.isEmpty ? nil : image.origin(of: stage.copySources[place])
        var inputs: [CopyInput] = []
        for source in request.sources {
            switch source {
            case .path(let path): inputs += try origin.map { try found(path, in: $0, request) } ?? []
            case .url(let url): inputs.append(try remote.download(url))
            case .git(let repository): inputs.append(try remote.checkout(repository))
            }
        }
        return inputs + request.heredocs.map(CopyInput.heredoc)
    }

    private func found(
        _ path: String, in origin: CopyOrigin, _ request: CopyRequest
    ) throws -> [CopyInput] {
        switch origin {
        case .folder(let context):
            return [.context(context, try sources([path], in: context.tree, request))]
        case .layers(let layers): return [.stage(layers, [path])]
        }
    }

    private func sources(_ paths: [String], in tree: SourceTree, _ request: CopyRequest) throws -> [CopySource] {
        let excludes = try PathFilter(excluding: request.excludes)
        return request.keepsParents
            ? try ParentsFinder(tree: tree, excludes: excludes).sources(paths)
            : try SourceFinder(tree: tree, excludes: excludes).sources(paths)
    }

    /// Calls with all sources; those in stages are seen for as long as that takes.
    private func withSources(
        _ inputs: [CopyInput], _ request: CopyRequest, _ attributes: CopyAttributes,
        _ body: ([CopySource]) throws -> StepWork
    ) throws -> StepWork {
        var layers: [ChainLayer]?
        for case .stage(let stage, _) in inputs { layers = stage }
        guard let layers else { return try body(sources(inputs, request, attributes, stage: nil)) }
        return try image.withView(of: layers) { root in
            let tree = SourceTree(root: root, keepsMetadata: true)
            return try body(sources(inputs, request, attributes, stage: tree))
        }
    }

    private func sources(
        _ inputs: [CopyInput], _ request: CopyRequest, _ attributes: CopyAttributes, stage: SourceTree?
    ) throws -> [CopySource] {
        try inputs.flatMap { input -> [CopySource] in
            switch input {
            case .context(_, let sources):
                return try sources.map { try $0.unpacked(request.unpacks ?? true) }
            case .stage(_, let paths):
                return try stage.map { try sources(paths, in: $0, request) } ?? []
            case .download(let source, _): return [try source.unpacked(request.unpacks ?? false)]
            case .repository(let folder, _):
                let root = try OpenFile.open(folder.path, [.read, .directory])
                let excludes = try PathFilter(excluding: request.excludes)
                let walk = CopyWalk(tree: SourceTree(root: root, keepsMetadata: false), unwanted: [excludes])
                return [try walk.source(.root, resolved: .root)]
            case .heredoc(let heredoc): return [CopySource(heredoc, madeTime: attributes.madeTime)]
            }
        }
    }

}

extension CopySource {
    /// As an archive to be unpacked, if it is one and that is wanted.
    fileprivate func unpacked(_ isWanted: Bool) throws -> CopySource {
        guard isWanted, !isDirectory, let entry = entries.first, entry.status.kind == .regular, entry.status.size > 0,
            let file = try open(entry), let kind = try archiveKind(of: file)
        else { return self }
        var source = self
        source.archive = kind
        return source
    }
}

extension Ownership {
    /// Whether users or groups have to be looked up.
    fileprivate var hasNames: Bool {
        [user, group].contains { account in
            if case .name(let name)? = account { return name != "root" }
            return false
        }
    }
}
