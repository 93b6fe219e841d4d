internal import DockerfileFrontend
internal import OCI

/// What a RUN has mounted, as far as it is known before the step is looked up: all of it is in the step's key, by what it
/// is and never by a secret's value or a cache's content.
struct MountPlan {
    /// Parents before what lies in them, as BuildKit orders them; of equal targets the later one lies on top.
    var mounts: [PlannedMount] = []
    /// A heredoc that is run as a program.
    var script: Heredoc?

    var isEmpty: Bool { mounts.isEmpty && script == nil }

    func addKey(to key: inout StepKey) {
        for mount in mounts { mount.addKey(to: &key) }
        if let script { key.add("script \(script.name)", Digest(of: script.body).description) }
    }
}

/// One mount with what it needs.
struct PlannedMount {
    enum Source {
        /// Of tmpfs, secret, ssh, and of a cache that begins empty.
        case none
        /// The root file system of a stage or an image.
        case layers([ChainLayer])
        case context(ContextMount)
    }

    var mount: RunMount
    /// Absolute and clean; nil for a secret that only is a variable.
    var target: String?
    var source: Source

    func addKey(to key: inout StepKey) {
        let numbers = [
            mount.sizeInBytes.map { "\($0)" }, mount.mode.map { "\($0)" }, mount.uid.map { "\($0)" },
            mount.gid.map { "\($0)" },
        ]
        key.add(
            "mount \(target ?? mount.environment ?? "")",
            [
                mount.kind.rawValue, target ?? "", mount.source ?? "", mount.isReadOnly ? "ro" : "rw", mount.id ?? "",
                mount.sharing.rawValue, mount.isRequired ? "required" : "", mount.environment ?? "",
            ] + numbers.map { $0 ?? "" })
        switch source {
        case .none: break
        case .layers(let layers): key.add("source layers", layers.map(\.diffID.description))
        case .context(let context): context.addKey(to: &key)
        }
    }
}

extension StageBuild {
    /// Resolves the mounts of a RUN whose words are expanded; waits for the stages that they read.
    func mountPlan(_ run: RunInstruction) throws -> MountPlan {
        var agents = 0
        let mounts = try run.mounts.enumerated().map { index, mount in
            let target = try target(of: mount, agents: &agents)
            return PlannedMount(mount: mount, target: target, source: try source(of: mount, index: index))
        }
        let sorted = mounts.enumerated().sorted { left, right in
            let (first, second) = (left.element.target ?? "", right.element.target ?? "")
            return first == second ? left.offset < right.offset : first.utf8.lexicographicallyPrecedes(second.utf8)
        }
        return MountPlan(mounts: sorted.map(\.element), script: run.script)
    }

    private func target(of mount: RunMount, agents: inout Int) throws -> String? {
        if mount.kind == .secret, mount.target == nil { return nil }
        if mount.kind == .ssh, mount.target == nil {
            defer { agents += 1 }
            return "/run/buildkit/ssh_agent.\(agents)"
        }
        let text = mount.target ?? ""
        let path = RootPath(text.hasPrefix("/") ? text : "\(state.workingDirectory)/\(text)")
        guard path != .root else { throw ExecutionError.invalidArgument("invalid mount target \"/\"") }
        return path.description
    }

    private func source(of mount: RunMount, index: Int) throws -> PlannedMount.Source {
        let from = stage.mountSources[place]?[index]
        guard mount.kind == .bind || (mount.kind == .cache && from != nil) else { return .none }
        switch try image.origin(of: from) {
        case .layers(let layers): return .layers(layers)
        case .folder(let folder): return .context(try ContextMount(of: mount.source ?? "", in: folder))
        }
    }
}
