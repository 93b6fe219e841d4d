internal import FileSystem
internal import OCI
internal import Storage
internal import SystemPackage

/// Files of a build context for a step to see: they are copied into the store, once for each content, as COPY would copy
/// them; the ignore file applies, owners are root.
struct ContextMount {
    let tree: MountedTree
    /// By which the copy is found.
    private let key: StepKey

    init(of path: String, in context: ContextFolder) throws {
        tree = try MountedTree(of: path, in: context.tree)
        var key = StepKey(kind: "context mount", platform: Platform(os: "any", architecture: "any"))
        key.add("mode", "\(tree.mode)")
        try context.addKey(of: [tree.source], to: &key)
        self.key = key
    }

    /// Names the content.
    var digest: Digest { key.digest }

    func addKey(to key: inout StepKey) {
        key.add(self.key)
    }

    /// The folder with the copy, and the path in it.
    func copy(into store: LayerStore) throws -> (folder: FilePath, path: String) {
        let folder = try store.withDirectory(of: digest) { folder in
            try tree.copy(into: OpenFile.open(folder.string, [.read, .directory]))
        }
        return (folder, tree.source.isDirectory ? "" : MountedTree.fileName)
    }
}
