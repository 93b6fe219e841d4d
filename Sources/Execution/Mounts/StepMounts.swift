internal import DockerfileFrontend
internal import FileSystem
internal import Jobs
internal import Sandbox
internal import Storage
internal import SystemPackage

/// What a step that is about to run has mounted: leases of caches, descriptors of secrets, scratch folders. They are let
/// go of with the object, which must live as long as the step.
final class StepMounts {
    private(set) var list: [StepMount] = []
    /// What must not be shown.
    private(set) var secrets: [[UInt8]] = []

    /// Folders of the disk that the step may write to: caches, and what `rw` mounts take.
    var writable: [FilePath] { leases.values.map(\.folder) + scratch }

    private let image: ImageBuild
    private var variables: [(name: String, value: String)] = []
    private let agentSocket: String?
    private var leases: [Int: MountLease] = [:]
    private var files: [OpenFile] = []
    private var descriptors: [OwnedDescriptor] = []
    private var scratch: [FilePath] = []
    private var roots: [RootLease] = []

    /// Waits for locked caches, and asks the scheduler for secrets and agents.
    init(_ plan: MountPlan, of image: ImageBuild) throws {
        self.image = image
        agentSocket = plan.mounts.first { $0.mount.kind == .ssh }?.target
        try takeCaches(plan.mounts)
        for (index, mount) in plan.mounts.enumerated() {
            if let kind = try kind(of: mount, lease: leases[index]), let target = mount.target {
                list.append(StepMount(target: target, kind: kind))
            }
        }
        if let script = plan.script {
            let file = try OpenFile.sealed(script.body)
            files.append(file)
            list.append(
                StepMount(
                    target: RunInstruction.scriptPath(script.name),
                    kind: .file(content: file.fd, mode: 0o755, uid: 0, gid: 0)))
        }
    }

    deinit {
        for folder in scratch {
            do {
                try image.stores.layers.discard(folder)
            } catch {
                // It is swept when the run ends.
                _ = error
            }
        }
    }

    /// Adds the variables that come with mounts.
    func extend(_ environment: inout EnvironmentList) {
        if let agentSocket, environment["SSH_AUTH_SOCK"] == nil { environment["SSH_AUTH_SOCK"] = agentSocket }
        for (name, value) in variables { environment[name] = value }
    }

    /// Nil for what is not there and need not be.
    private func kind(of planned: PlannedMount, lease: MountLease?) throws -> StepMount.Kind? {
        let mount = planned.mount
        switch mount.kind {
        case .bind: return try bound(planned)
        case .cache: return lease.map { .folder($0.folder, isReadOnly: mount.isReadOnly) }
        case .tmpfs: return .memory(sizeInBytes: mount.sizeInBytes)
        case .secret: return try secret(mount)
        case .ssh: return try agent(mount)
        }
    }

    // MARK: - Files

    private func bound(_ planned: PlannedMount) throws -> StepMount.Kind {
        let layers: [FilePath]
        var path = planned.mount.source ?? ""
        switch planned.source {
        case .none: layers = []
        case .layers(let chain):
            let lease = try image.roots.lease(of: chain)
            roots.append(lease)
            layers = lease.directories
        case .context(let context):
            let copy = try context.copy(into: image.stores.layers)
            (layers, path) = ([copy.folder], copy.path)
        }
        return .layers(
            layers, path: path, scratch: planned.mount.isReadOnly ? nil : try makeScratch(over: layers.first))
    }

    /// The root of what is written is the scratch folder's: it gets mode and owner of the layer that it covers.
    private func makeScratch(over layer: FilePath?) throws -> StepMount.Scratch {
        let scratch = StepMount.Scratch(upper: try image.drafts.make("scratch"), work: try image.drafts.make("work"))
        self.scratch += [scratch.upper, scratch.work]
        guard let layer else { return scratch }
        let status = try OpenFile.open(layer.string, [.pathOnly, .directory]).status()
        let upper = try OpenFile.open(scratch.upper.string, [.read, .directory])
        try upper.setOwner(uid: status.uid, gid: status.gid)
        try upper.setPermissions(status.permissions)
        return scratch
    }

    // MARK: - Secrets and agents

    private func secret(_ mount: RunMount) throws -> StepMount.Kind? {
        let id = mount.id ?? ""
        let reply = try image.scheduler.ask(.secret(id: id))
        guard case .secret(let isFound) = reply.response else { throw unexpected(reply) }
        guard isFound else {
            if mount.isRequired { throw ExecutionError.secretNotFound(id) }
            return nil
        }
        guard let content = reply.descriptors.first else {
            throw ExecutionError.protocolViolation("a secret without its content")
        }
        descriptors.append(content)
        let bytes = try OpenFile(borrowing: content.fd).contents()
        secrets.append(bytes)
        if let name = mount.environment { variables.append((name, try Self.text(of: bytes, id: id, variable: name))) }
        return .file(content: content.fd, mode: mount.mode ?? 0o400, uid: mount.uid ?? 0, gid: mount.gid ?? 0)
    }

    private static func text(of bytes: [UInt8], id: String, variable: String) throws -> String {
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw ExecutionError.secretIsNoText(id, variable: variable)
        }
        return text
    }

    private func agent(_ mount: RunMount) throws -> StepMount.Kind? {
        let id = mount.id ?? ""
        let reply = try image.scheduler.ask(.agent(id: id))
        guard case .agent(let socket) = reply.response else { throw unexpected(reply) }
        guard let socket else {
            if mount.isRequired { throw ExecutionError.agentNotFound(id) }
            return nil
        }
        return .socket(FilePath(socket), mode: mount.mode ?? 0o600, uid: mount.uid ?? 0, gid: mount.gid ?? 0)
    }

    private func unexpected(_ reply: SchedulerReply) -> any Error {
        if case .failed(let failure) = reply.response { return failure }
        return ExecutionError.protocolViolation("another answer than the one that was asked for")
    }

    // MARK: - Caches

    /// One after the other in an order that all steps keep, so that two that want the same do not wait for each other; and
    /// each once, in however many places the step has it, so that the step does not wait for itself.
    private func takeCaches(_ mounts: [PlannedMount]) throws {
        let caches = mounts.indices.filter { mounts[$0].mount.kind == .cache }
        let places = Dictionary(grouping: caches) { image.cacheKey(of: mounts[$0]) }
        for (key, places) in places.sorted(by: { ($0.key.id, $0.key.seed) < ($1.key.id, $1.key.seed) }) {
            let lease = try image.takeCache(key, places.map { mounts[$0] })
            for place in places { leases[place] = lease }
        }
    }
}

extension OpenFile {
    /// All bytes of a file, wherever its position is.
    fileprivate func contents() throws -> [UInt8] {
        let size = Int(try status().size)
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, used in
            while used < size {
                let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[used...]))
                let count = try read(into: rest, at: Int64(used))
                if count == 0 { return }
                used += count
            }
        }
    }
}
