internal import FileSystem
internal import OCI
internal import SystemPackage

/// A folder that holds the root file system of some layers. Who has it alone may change all of it; else nothing changes.
final class RootFolder: @unchecked Sendable {
    // Safe because `readers` and `isTaken` change under the pool's lock only, and the others by who has it alone.
    let path: FilePath
    /// What is in it, from the base up.
    var layers: [Digest] = []
    /// How it looked when it was walked last; nil if something has changed since.
    var snapshot: TreeSnapshot?
    var readers = 0
    var isTaken = true

    /// What in it is not the image's, where it is the root of a container.
    let kept: KeptPaths?
    /// Whether nothing but `layers` can be in it.
    var isClean = true

    init(_ path: FilePath, kept: KeptPaths? = nil) {
        self.path = path
        self.kept = kept
    }

    /// Takes everything out of the root of a container that is an image's.
    func empty(_ kept: KeptPaths) throws {
        (layers, snapshot, isClean) = ([], nil, false)
        try RootSweep(root: open(), kept: kept).run()
        isClean = true
    }

    /// Each step finds `/` as if it had been made for it, as on an overlay.
    func renewRoot() throws {
        let folder = try open()
        let status = try folder.status()
        let time = try kept?.status(of: .root, status).modified ?? status.modified
        let root = try kept?.record(of: .root) ?? folder
        try root.setOwner(uid: 0, gid: 0)
        try root.setPermissions(0o755)
        // The later change decides over the time.
        try folder.setTimes(modified: time)
    }

    func open() throws(SystemError) -> OpenFile { try OpenFile.open(path.string, [.read, .directory]) }
}
