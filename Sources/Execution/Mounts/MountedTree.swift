internal import DockerfileFrontend
internal import FileSystem

/// A part of a tree that is copied to be mounted.
struct MountedTree {
    let tree: SourceTree
    let source: CopySource
    private let status: FileStatus
    private let isRoot: Bool

    /// Throws `sourceNotFound`, or `sourceIgnored` for what the tree hides.
    init(of path: String, in tree: SourceTree) throws {
        let path = RootPath(path)
        guard let resolved = try tree.resolve(path) else {
            throw try SourceFinder(tree: tree).missing(path, path.description)
        }
        self.tree = tree
        source = try CopyWalk(tree: tree).source(path, resolved: resolved)
        status = try tree.status(resolved)
        isRoot = resolved == .root
    }

    /// Of the directory itself; the root of a context is the builder's own, and as it makes folders.
    var mode: UInt16 { isRoot && !tree.keepsMetadata ? 0o755 : status.permissions }

    /// The name of a source that is no directory.
    static let fileName = "file"

    /// Copies the contents of a directory into another, which gets its mode and owner; a file under `fileName`.
    func copy(into folder: OpenFile) throws {
        let owner: Owner? = tree.keepsMetadata ? nil : .root
        let target = try CopyTarget(upper: folder, below: nil, attributes: CopyAttributes(owner: owner, mode: nil))
        let destination = source.isDirectory ? "/" : "/\(Self.fileName)"
        try CopyOperation(sources: [source], destination: destination).run(in: target)
        try target.finish()
        guard source.isDirectory else { return }
        if tree.keepsMetadata { try folder.setOwner(uid: status.uid, gid: status.gid) }
        try folder.setPermissions(mode)
    }
}
