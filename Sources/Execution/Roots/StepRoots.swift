internal import FileSystem
internal import OCI
internal import Sandbox
internal import SystemPackage

/// How root file systems come out of layers, to be read, changed and run in. One way has mounts, the other has folders;
/// what runs in them does not know which.
protocol StepRoots: Sendable {
    /// The root file system of some layers, to read.
    func withView<Result>(of layers: [ChainLayer], _ body: (OpenFile) throws -> Result) throws -> Result

    /// The same as directories that a step may have mounted: one tree, the topmost first. They stay as long as the lease.
    func lease(of layers: [ChainLayer]) throws -> RootLease

    /// Runs `change` on the root file system of some layers; what it changes is the step's work.
    func change(_ layers: [ChainLayer], _ change: (OpenFile) throws -> Void) throws -> StepWork

    /// Has `run` run a program on the root file system of some layers, with these mounts in it; what it changes is the
    /// step's work. When `run` throws, nothing of it is kept.
    func run<Result>(
        on layers: [ChainLayer], mounts: [StepMount], hostname: String, _ run: (StepPlace) throws -> Result
    ) throws -> (Result, StepWork)

    /// After the last step, however that ended.
    func end() throws
}

extension StepRoots {
    func end() {}
}

/// Where a step runs, as the sandbox takes it.
struct StepPlace {
    var lowers: [FilePath]
    var upper: FilePath
    var work: FilePath
    var mounts: [StepMount]
    /// What a step has mounted is in `upper`, and nowhere else meanwhile.
    var holdsMounts = false
    /// Where it writes to, if not to `upper`.
    var root: FilePath?
}

/// Directories that are not changed or removed while this lives.
final class RootLease: Sendable {
    let directories: [FilePath]
    private let end: @Sendable () -> Void

    init(_ directories: [FilePath], end: @escaping @Sendable () -> Void = {}) {
        self.directories = directories
        self.end = end
    }

    deinit { end() }
}
