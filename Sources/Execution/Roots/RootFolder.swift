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

    init(_ path: FilePath) { self.path = path }

    func open() throws(SystemError) -> OpenFile { try OpenFile.open(path.string, [.read, .directory]) }
}
