internal import DockerfileFrontend
internal import FileSystem
internal import Jobs
internal import OCI
internal import Sandbox
internal import Storage
internal import SystemPackage

/// Caches of `RUN --mount=type=cache`.
extension ImageBuild {
    func cacheKey(of planned: PlannedMount) -> MountStore.Key {
        let names = [scope.cacheNamespace, planned.mount.id ?? ""].filter { !$0.isEmpty }
        return MountStore.Key(id: names.joined(separator: "/"), seed: seed(of: planned))
    }

    /// Takes an instance of a cache for all mounts of it in a step, seeded if it is new; waits if it is locked by another
    /// step, until the build is cancelled.
    func takeCache(_ key: MountStore.Key, _ mounts: [PlannedMount]) throws -> MountLease {
        var waits = 0
        let sharing = MountStore.Sharing(mounts.map(\.mount.sharing), canShare: isolation.hasNamespaces)
        return try stores.mounts.acquire(key, sharing) {
            try checkCancellation()
            // Again and again: who waits is not idle.
            if waits.isMultiple(of: 100) {
                let activity = "waiting for the cache \"\(key.id)\", which another step has locked"
                try scheduler.send(.progress(Progress(activity: activity, bytesDone: 0, bytesTotal: nil)))
            }
            waits += 1
        } seed: { folder in
            try fill(OpenFile.open(folder.string, [.read, .directory]), for: mounts[0])
        }
    }

    /// What a cache begins with: a folder of another owner or with other contents is another cache.
    private func seed(of planned: PlannedMount) -> String {
        let mount = planned.mount
        let owner = [mount.mode.map { "mode \($0)" }, mount.uid.map { "uid \($0)" }, mount.gid.map { "gid \($0)" }]
        let source: [String] =
            switch planned.source {
            case .none: []
            case .layers(let layers): layers.map(\.diffID.description) + [mount.source ?? ""]
            case .context(let context): [context.digest.description]
            }
        return (source + owner.compactMap(\.self)).joined(separator: "\n")
    }

    private func fill(_ folder: OpenFile, for planned: PlannedMount) throws {
        let mount = planned.mount
        switch planned.source {
        case .none: break
        case .context(let context): try copy(context.tree, into: folder, for: mount)
        case .layers(let layers):
            try withView(of: layers) { root in
                let tree = SourceTree(root: root, keepsMetadata: true)
                try copy(MountedTree(of: mount.source ?? "", in: tree), into: folder, for: mount)
            }
        }
        let status = try folder.status()
        try folder.setOwner(uid: mount.uid ?? status.uid, gid: mount.gid ?? status.gid)
        if let mode = mount.mode { try folder.setPermissions(mode) }
    }

    private func copy(_ tree: MountedTree, into folder: OpenFile, for mount: RunMount) throws {
        guard tree.source.isDirectory else {
            throw ExecutionError.invalidArgument(
                "the cache \"\(mount.id ?? "")\" cannot begin as \(mount.source ?? ""): it is no directory")
        }
        try tree.copy(into: folder)
    }
}

extension MountStore.Sharing {
    /// What keeps others away as all of these do.
    /// A folder that is moved to where a step sees it is in one place only.
    fileprivate init(_ all: [RunMount.Sharing], canShare: Bool) {
        self = all.contains(.locked) ? .locked : all.contains(.private) || !canShare ? .private : .shared
    }
}
