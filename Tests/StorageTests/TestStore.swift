import FileSystem
import Glibc
import OCI
import Storage
import SystemPackage
import TestSupport

/// A state folder of a test's own, prepared.
struct TestStore {
    let scratch: TestFolder
    let state: StateFolder
    let blobs: BlobStore
    let layers: LayerStore
    let steps: StepCache

    init(in parent: String = "/tmp") throws {
        scratch = try TestFolder(in: parent)
        state = StateFolder(FilePath(scratch.path).appending("state"))
        try state.prepare()
        blobs = try BlobStore(state)
        layers = try LayerStore(state)
        steps = try StepCache(state, blobs: blobs)
    }

    func names(_ path: FilePath) throws -> [String] {
        try OpenFile.open(path.string, [.read, .directory]).entries().map(\.name.description).sorted()
    }

    func write(_ text: String, to path: FilePath) throws {
        try OpenFile.open(path.string, [.write, .create, .truncate]).writeAll(Array(text.utf8))
    }

    /// As if the mark of the last synchronization came from another boot, at this moment.
    func pretendReboot(synchronizedAt seconds: Int64) throws {
        try write("another-boot \(seconds)\n", to: state.root.appending("synced"))
    }
}

extension StorageError {
    /// Of the system call that failed.
    var code: Int32? {
        if case .system(let error, _) = self { error.code } else { nil }
    }
}
