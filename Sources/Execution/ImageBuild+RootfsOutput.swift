internal import FileSystem
internal import OCI
internal import SystemPackage

/// `outputs: [{rootfs: DIR}]`: the finished root file system as a folder.
extension ImageBuild {
    /// Writes beside the target and swaps the two in one instant. A folder that holds files which build-all did not
    /// write is refused: it would be lost.
    func writeRootfs(of state: StageState, to target: String) throws {
        let path = FilePath(target)
        guard let name = path.lastComponent.map({ FileName($0.string) }) else {
            throw ExecutionError.invalidArgument("rootfs: \(target) is no folder's name")
        }
        let parent = try OpenFile.makeFolders(path.removingLastComponent().string)
        let marker = FileName(".\(name).build-all-rootfs")
        let old = try parent.statusIfPresent(of: name)
        if let old, try !isOurs(old, name, marker, in: parent) { throw ExecutionError.rootfsTargetInUse(target) }
        let fresh = FileName(".\(name).build-all-new")
        try parent.removeTree(fresh)
        try parent.makeDirectory(fresh)
        try withView(of: state.layers) { root in
            let source = try CopyWalk(tree: SourceTree(root: root, keepsMetadata: true)).source(.root, resolved: .root)
            let folder = try parent.open(fresh, [.read, .directory])
            let target = try CopyTarget(upper: folder, below: nil, attributes: CopyAttributes())
            try CopyOperation(sources: [source], destination: "/").run(in: target)
            try target.finish()
            let status = try root.status()
            try folder.setOwner(uid: status.uid, gid: status.gid)
            try folder.setPermissions(status.permissions)
        }
        try place(fresh, as: name, marker, replacing: old != nil, in: parent)
    }

    private func place(
        _ fresh: FileName, as name: FileName, _ marker: FileName, replacing: Bool, in parent: OpenFile
    ) throws {
        let inode = try parent.status(of: fresh).inode
        let mark = try parent.open(marker, [.write, .create, .truncate, .noFollow], mode: 0o644)
        if !replacing {
            try mark.writeAll(Array("\(inode)\n".utf8))
            return try parent.rename(fresh, to: name, in: parent, replacing: false)
        }
        try parent.exchange(fresh, with: name)
        try mark.writeAll(Array("\(inode)\n".utf8))
        try parent.removeTree(fresh)
    }

    /// The marker beside the folder holds the inode of the one that build-all wrote; an empty folder is free to use.
    private func isOurs(_ status: FileStatus, _ name: FileName, _ marker: FileName, in parent: OpenFile) throws -> Bool
    {
        guard status.kind == .directory else { return false }
        if try parent.open(name, [.read, .directory]).entries().isEmpty { return true }
        do throws(SystemError) {
            let text = try parent.open(marker, [.read, .noFollow]).readAll(limit: 64) ?? []
            return String(decoding: text, as: UTF8.self) == "\(status.inode)\n"
        } catch {
            guard error.isNotFound else { throw error }
            return false
        }
    }
}
